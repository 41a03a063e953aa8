"""Providers and presets: what every one of them must be, and what a check tells."""
