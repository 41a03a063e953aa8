"""Mailboxes: where relays send what could not be delivered, and where complaints come in."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.api.access import caller, runtime
from app.api.mailbox_shapes import (
    MailboxAnswer,
    MailboxChanges,
    MailboxCheck,
    NewMailbox,
    shown,
)
from app.api.paging import PageQuery, page_of
from app.api.routes import Routes
from app.sending.mailboxes import hearing, settings, trial
from app.sending.models import Mailbox

blueprint = Routes("mailboxes", "Mailboxes that are read for bounces and complaints.")

_MAILBOX = "/mailboxes/<uuid:mailbox_id>"


@blueprint.get("/mailboxes", scope="read", query=PageQuery, answer=page_of(MailboxAnswer))
def list_mailboxes(query: dict[str, Any]) -> Any:
    """The mailboxes of the workspace by name."""
    with runtime().database.reading() as session:
        found = settings.listed(
            session, caller().workspace_id, number=query["page"], per_page=query["per_page"]
        )
        return found.map(lambda one: _shown(session, one))


@blueprint.post("/mailboxes", scope="settings", body=NewMailbox, answer=MailboxAnswer)
def create_mailbox(body: dict[str, Any]) -> Any:
    """Add a mailbox; it is read at once and every few minutes from then on."""
    running = runtime()
    with running.database.transaction() as session:
        made = settings.create(
            session,
            caller().workspace_id,
            body,
            vault=running.vault,
            allow_private=running.allow_private,
            now=running.now(),
        )
        return _shown(session, made)


@blueprint.get(_MAILBOX, scope="read", answer=MailboxAnswer)
def get_mailbox(mailbox_id: UUID) -> Any:
    """One mailbox, without its password."""
    with runtime().database.reading() as session:
        return _shown(session, settings.get(session, caller().workspace_id, mailbox_id))


@blueprint.patch(_MAILBOX, scope="settings", body=MailboxChanges, answer=MailboxAnswer)
def change_mailbox(mailbox_id: UUID, body: dict[str, Any]) -> Any:
    """Change a mailbox; another host needs the password again."""
    running = runtime()
    with running.database.transaction() as session:
        changed = settings.change(
            session,
            caller().workspace_id,
            mailbox_id,
            body,
            vault=running.vault,
            allow_private=running.allow_private,
            now=running.now(),
        )
        return _shown(session, changed)


@blueprint.delete(_MAILBOX, scope="settings")
def delete_mailbox(mailbox_id: UUID) -> None:
    """Stop reading a mailbox; its mails stay where they are."""
    with runtime().database.transaction() as session:
        settings.remove(session, caller().workspace_id, mailbox_id)


@blueprint.post(f"{_MAILBOX}/check", scope="settings", answer=MailboxCheck, status=200)
def check_mailbox(mailbox_id: UUID) -> Any:
    """Log in and open the folders without reading anything."""
    running = runtime()
    with running.database.reading() as session:
        mailbox = settings.get(session, caller().workspace_id, mailbox_id)
    other = mailbox.move_to if mailbox.after == "move" else ""
    return trial.check(mailbox, running.vault, allow_private=running.allow_private, other=other)


def _shown(session: Session, mailbox: Mailbox) -> dict[str, Any]:
    return shown(mailbox, hearing.relays_of(session, mailbox))
