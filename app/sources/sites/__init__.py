"""WordPress sites: how they are reached, what they offer, and how well they are."""
