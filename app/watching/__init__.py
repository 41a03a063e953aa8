"""Watching: what the relays did, what waits, and who is told when something is wrong."""
