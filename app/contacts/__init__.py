"""The people who are written to, what is known of them, and who must not be written to."""
