"""When a delivery may go."""
