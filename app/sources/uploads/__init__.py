"""Files that people bring, as sources: kept for a while, read by the same runs as a site."""
