"""The parts of a mail, its lines and its envelope."""
