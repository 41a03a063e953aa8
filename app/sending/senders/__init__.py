"""Who may send from a database: one living sender at a time, and never from an older copy."""
