"""Routing between its rows and the rules."""
