"""The contacts as a sync run sees them: looked up, decided, written page by page."""
