"""Mailboxes as people set them up: create, change, remove, list."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import Page, of_workspace, page
from app.errors import Conflict, Invalid
from app.rules import mailbox_fields
from app.rules.mail import names
from app.sending.models import Mailbox
from app.vault import Vault

#: What a mailbox is when nothing else is said.
DEFAULTS: Mapping[str, Any] = {
    "port": 993,
    "encryption": "ssl",
    "folder": "INBOX",
    "complaints": False,
    "after": "leave",
    "move_to": "",
    "enabled": True,
}
#: What may be given besides ``password``.
FIELDS = ("name", "host", "username", "addresses", *DEFAULTS)
#: In another place the numbers of mails mean something else.
_WHERE = ("host", "port", "username", "folder")


def listed(
    session: Session, workspace_id: UUID, *, number: int = 1, per_page: int = 50
) -> Page[Mailbox]:
    """The mailboxes of a workspace by name."""
    query = select(Mailbox).where(Mailbox.workspace_id == workspace_id)
    ordered = query.order_by(Mailbox.name, Mailbox.id)
    return page(session, ordered, page=number, per_page=per_page)


def get(session: Session, workspace_id: UUID, mailbox_id: UUID, *, lock: bool = False) -> Mailbox:
    """The mailbox; with ``lock`` nobody else changes it until the transaction ends."""
    return of_workspace(session, Mailbox, workspace_id, mailbox_id, "mailbox", lock=lock)


def create(
    session: Session,
    workspace_id: UUID,
    values: Mapping[str, Any],
    *,
    vault: Vault,
    allow_private: bool,
    now: datetime,
) -> Mailbox:
    """A new mailbox, to be read at once. Raises Invalid, and Conflict when the name is taken."""
    settings = {**DEFAULTS, **{name: values[name] for name in FIELDS if name in values}}
    _require_good(settings, allow_private=allow_private)
    made = Mailbox(
        workspace_id=workspace_id,
        **_written(settings),
        secret=vault.close(values["password"]),
        due_at=now,
        created_at=now,
        updated_at=now,
    )
    session.add(made)
    _flush(session, made)
    return made


def change(
    session: Session,
    workspace_id: UUID,
    mailbox_id: UUID,
    values: Mapping[str, Any],
    *,
    vault: Vault,
    allow_private: bool,
    now: datetime,
) -> Mailbox:
    """Changes what is given; a blank password keeps the stored one, but not for another host.

    In another place it is read from the beginning. Raises Invalid, and Conflict.
    """
    mailbox = get(session, workspace_id, mailbox_id, lock=True)
    settings = {name: values.get(name, getattr(mailbox, name)) for name in FIELDS}
    _require_good(settings, allow_private=allow_private)
    if settings["host"] != mailbox.host and not values.get("password"):
        raise Invalid.at("password", "Another host needs the password again.")
    if any(settings[name] != getattr(mailbox, name) for name in _WHERE):
        mailbox.uid_validity, mailbox.last_uid, mailbox.read_at = None, 0, None
    for name, value in _written(settings).items():
        setattr(mailbox, name, value)
    if values.get("password"):
        mailbox.secret = vault.close(values["password"])
    mailbox.due_at, mailbox.failures, mailbox.last_failure = now, 0, ""
    mailbox.updated_at = now
    _flush(session, mailbox)
    return mailbox


def remove(session: Session, workspace_id: UUID, mailbox_id: UUID) -> None:
    """Removes a mailbox from the settings; its mails stay where they are."""
    session.delete(get(session, workspace_id, mailbox_id))
    session.flush()


def _written(settings: Mapping[str, Any]) -> dict[str, Any]:
    addresses = [names.spelled(one) for one in settings["addresses"]]
    return {**settings, "addresses": list(dict.fromkeys(addresses))}


def _require_good(settings: Mapping[str, Any], *, allow_private: bool) -> None:
    if found := mailbox_fields.mistakes(settings, allow_private=allow_private):
        field, sentences = next(iter(found.items()))
        raise Invalid(f"{field}: {sentences[0]}", found)


def _flush(session: Session, mailbox: Mailbox) -> None:
    name = mailbox.name
    try:
        session.flush()
    except IntegrityError:
        raise Conflict.at("name", f"There is a mailbox called '{name}' already.") from None
