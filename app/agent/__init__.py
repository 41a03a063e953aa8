"""The sync agent: reads a site from near it and brings what it reads to a server.

It has no database, and loads neither the web framework nor the server's tables.
"""
