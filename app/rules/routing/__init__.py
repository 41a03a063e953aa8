"""Which relay a mail takes."""
