"""Messages: mails handed in one by one, for people who wait for them."""
