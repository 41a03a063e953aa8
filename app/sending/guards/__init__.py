"""Looks at what is going, and stops what gets worse."""
