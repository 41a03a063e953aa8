"""Relays as people set them up, and as the engine finds them."""
