"""What the product decides: pure functions of values. No clock, no dice, no socket, no session."""
