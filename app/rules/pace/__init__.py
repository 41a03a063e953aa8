"""How much may go, when, and how long is waited."""
