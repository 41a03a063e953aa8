"""What a mail is made of: content, the person, and whose name it bears."""
