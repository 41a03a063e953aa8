"""One running pressferry: what it is made of, and how it starts and stops."""
