"""When something is so bad that it is stopped, or that people are told."""
