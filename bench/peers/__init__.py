"""What others would send the same campaign with."""
