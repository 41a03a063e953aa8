"""The sync agent: its spool, its ways to the server, its commands."""
