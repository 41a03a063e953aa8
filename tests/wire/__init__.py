"""Lines to relays: opened, spoken on, lost."""
