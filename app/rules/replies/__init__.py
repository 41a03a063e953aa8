"""What servers answer, and what that means for a mail, its relay and its recipient."""
