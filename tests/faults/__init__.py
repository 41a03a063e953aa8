"""The fault matrix: everything that goes wrong between a sender and its relays, counted."""
