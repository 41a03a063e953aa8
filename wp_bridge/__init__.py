"""The way into a WordPress site; knows its REST API, nothing about contacts."""
