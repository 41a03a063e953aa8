"""Mail that programs hand in by SMTP: stored before it is taken, for those with an API key."""
