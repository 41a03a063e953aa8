"""Things for trying pressferry out: a WordPress stand-in, an inbox, the demo."""
