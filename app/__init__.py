"""pressferry: ferries contacts out of WordPress sites and mail out through relays."""

__version__ = "0.1.0"
