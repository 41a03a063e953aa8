"""Mailboxes in which a site's forms tell what was sent: read for what cannot be pulled."""

from typing import Any
from uuid import UUID

from app.api.access import caller, runtime
from app.api.mailbox_shapes import MailboxCheck
from app.api.notification_mail_shapes import (
    NewNotificationMailbox,
    NotificationMailboxAnswer,
    NotificationMailboxChanges,
    shown,
)
from app.api.routes import Routes
from app.sources.notifications import settings

blueprint = Routes("notification mails", "Mailboxes with the notification mails of forms.")

_MAILBOX = "/connections/<uuid:connection_id>/notification-mails"


@blueprint.post(
    "/sites/<uuid:site_id>/notification-mails",
    scope="settings",
    body=NewNotificationMailbox,
    answer=NotificationMailboxAnswer,
)
def add_notification_mails(site_id: UUID, body: dict[str, Any]) -> Any:
    """Add a mailbox with a connection of its own, which reads it every 15 minutes."""
    running = runtime()
    with running.database.transaction() as session:
        who = caller().workspace_id
        return shown(settings.add(session, who, site_id, body, runtime=running))


@blueprint.get(_MAILBOX, scope="read", answer=NotificationMailboxAnswer)
def get_notification_mails(connection_id: UUID) -> Any:
    """The mailbox of a connection, without its password."""
    with runtime().database.reading() as session:
        return shown(settings.get(session, caller().workspace_id, connection_id))


@blueprint.patch(
    _MAILBOX, scope="settings", body=NotificationMailboxChanges, answer=NotificationMailboxAnswer
)
def change_notification_mails(connection_id: UUID, body: dict[str, Any]) -> Any:
    """Change a mailbox; a mended login lets a connection that stopped for it go on."""
    running = runtime()
    with running.database.transaction() as session:
        who = caller().workspace_id
        return shown(settings.change(session, who, connection_id, body, runtime=running))


@blueprint.delete(_MAILBOX, scope="settings")
def remove_notification_mails(connection_id: UUID) -> None:
    """Remove a mailbox with its connection and runs; mails and contacts stay."""
    with runtime().database.transaction() as session:
        settings.remove(session, caller().workspace_id, connection_id)


@blueprint.post(f"{_MAILBOX}/check", scope="settings", answer=MailboxCheck, status=200)
def check_notification_mails(connection_id: UUID) -> Any:
    """Log in and open the folder without reading anything."""
    running = runtime()
    with running.database.reading() as session:
        mailbox = settings.get(session, caller().workspace_id, connection_id)
    return settings.check(mailbox, runtime=running)
