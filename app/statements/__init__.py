"""Statements that run again and again: made once, and told to the driver itself."""
