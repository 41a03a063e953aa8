"""The tools for trying things out, which are tools and so must work."""
