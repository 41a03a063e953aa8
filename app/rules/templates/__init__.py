"""Words with gaps, filled for one person after another."""
