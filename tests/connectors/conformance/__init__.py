"""What every connector promises, whatever plugin it reads."""
