"""From a queued delivery to a known result."""
