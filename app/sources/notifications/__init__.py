"""Notification mails as a source: the mailbox they arrive in, and its mails as rows."""

#: How the source of such a connection begins; the rest is its name.
PREFIX = "notification_mails:"


def is_mailbox(source: str) -> bool:
    """Whether a connection's source is a mailbox."""
    return source.startswith(PREFIX)
