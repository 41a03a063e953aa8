"""What the product promises of routing, each case by its number and through the real engine."""
