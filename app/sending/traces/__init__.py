"""What became of a mail, looked up."""
