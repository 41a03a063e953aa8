"""What answers mean, and the rules about them that people write."""
