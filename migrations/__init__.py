"""The history of the database's shape; numbered, one head."""
