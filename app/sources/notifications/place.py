"""How to get into a mailbox for notification mails, and which of its mails count."""

from app.errors import Conflict
from app.rules.notifications import Door
from app.runtime import Runtime
from app.sources.notifications.models import NotificationMailbox
from app.vault import WrongKey
from app.wire.imap import Place


def place(mailbox: NotificationMailbox, runtime: Runtime, *, seconds: float = 30.0) -> Place:
    """Where the mailbox is and how to get in. Raises Conflict for another master key."""
    try:
        password = runtime.vault.open(mailbox.secret)
    except WrongKey:
        raise Conflict(
            "The mailbox's password was encrypted with another master key: start with that key, "
            "or enter the password again."
        ) from None
    return Place(
        mailbox.host,
        mailbox.port,
        mailbox.encryption,
        mailbox.username,
        password,
        seconds,
        runtime.allow_private,
    )


def door(mailbox: NotificationMailbox) -> Door:
    """Which of its mails count."""
    return Door(
        mailbox.senders,
        mailbox.recipients,
        mailbox.subject,
        mailbox.authentication,
        mailbox.server,
    )
