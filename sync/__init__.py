"""What a pull does, decided purely: mapping, merging, guarding, scheduling, one run."""
