"""Mailboxes for notification mails as people set them up: add, change, remove, look into."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid, NotFound
from app.rules import mailbox_fields
from app.rules.mail import names
from app.runtime import Runtime
from app.sending.mailboxes import trial
from app.sending.mailboxes.trial import Report
from app.sources import connections
from app.sources.models import Connection, Site
from app.sources.notifications import PREFIX
from app.sources.notifications.models import NotificationMailbox
from app.sources.sites import health, register

#: What it is when nothing else is said.
DEFAULTS: Mapping[str, Any] = {
    "port": 993,
    "encryption": "ssl",
    "folder": "INBOX",
    "recipients": [],
    "subject": "",
    "authentication": "unless_failed",
    "server": "",
    "since": "",
}
FIELDS = ("host", "username", "senders", *DEFAULTS)
#: A mailbox is there to be read: so often unless told otherwise.
USUAL_SCHEDULE = {"every_minutes": 15}
#: Anybody can send a mail: who did not tick a box waits, and nothing that is known is overwritten.
USUAL_CONSENT = {
    "basis": "field",
    "field": "consent",
    "text": "What was ticked in the form, as its notification mail tells it",
    "otherwise": "pending",
}


def add(
    session: Session,
    workspace_id: UUID,
    site_id: UUID,
    values: Mapping[str, Any],
    *,
    runtime: Runtime,
) -> NotificationMailbox:
    """A mailbox of a site, with a connection of its own. Raises NotFound, Invalid, Conflict."""
    site, now = register.get(session, workspace_id, site_id), runtime.now()
    wanted = _checked({**DEFAULTS, **_given(values)}, runtime)
    connection = Connection(
        workspace_id=workspace_id,
        site_id=site.id,
        source=PREFIX + values["name"],
        schedule=dict(USUAL_SCHEDULE),
        policy="fill_empty",
        consent=dict(USUAL_CONSENT),
        created_at=now,
        updated_at=now,
    )
    session.add(connection)
    try:
        session.flush()
    except IntegrityError:
        sentence = "The site has a mailbox of this name already."
        raise Conflict.at("name", sentence) from None
    made = NotificationMailbox(
        workspace_id=workspace_id,
        connection_id=connection.id,
        secret=runtime.vault.close(values["password"]),
        **wanted,
        created_at=now,
        updated_at=now,
    )
    session.add(made)
    session.flush()
    return made


def get(session: Session, workspace_id: UUID, connection_id: UUID) -> NotificationMailbox:
    """The mailbox of a connection. Raises NotFound."""
    connections.get(session, workspace_id, connection_id)
    found = session.scalar(
        select(NotificationMailbox).where(NotificationMailbox.connection_id == connection_id)
    )
    if found is None:
        raise NotFound("This connection has no mailbox: its source is read in another way.")
    return found


def change(
    session: Session,
    workspace_id: UUID,
    connection_id: UUID,
    values: Mapping[str, Any],
    *,
    runtime: Runtime,
) -> NotificationMailbox:
    """Changes what is given; a blank password keeps the stored one, but not for another host.

    A connection that stopped because of its login goes on. Raises NotFound, Invalid.
    """
    mailbox, now = get(session, workspace_id, connection_id), runtime.now()
    wanted = {name: getattr(mailbox, name) for name in FIELDS} | _given(values)
    settled = _checked(wanted, runtime)
    if wanted["host"] != mailbox.host and not values.get("password"):
        raise Invalid.at("password", "Another host needs the password again.")
    for name, value in settled.items():
        setattr(mailbox, name, value)
    if values.get("password"):
        mailbox.secret = runtime.vault.close(values["password"])
    mailbox.updated_at = now
    connection = connections.get(session, workspace_id, connection_id)
    connection.updated_at = now  # what was left out may count now: the next run reads everything
    for name, value in {"state": "ready", **health.WELL}.items():
        setattr(connection, name, value)
    session.flush()
    health.settle(session, session.get_one(Site, connection.site_id), now)
    return mailbox


def remove(session: Session, workspace_id: UUID, connection_id: UUID) -> None:
    """Removes a mailbox with its connection and runs; mails and contacts stay where they are."""
    get(session, workspace_id, connection_id)
    session.delete(connections.get(session, workspace_id, connection_id))
    session.flush()


def check(mailbox: NotificationMailbox, *, runtime: Runtime) -> Report:
    """Logs in and opens the folder, without reading. Raises Conflict for another master key."""
    return trial.check(mailbox, runtime.vault, allow_private=runtime.allow_private)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in FIELDS if name in values}


def _checked(wanted: Mapping[str, Any], runtime: Runtime) -> dict[str, Any]:
    """The settings in their one form. Raises Invalid."""
    found = mailbox_fields.login_mistakes(wanted, allow_private=runtime.allow_private)
    for field in ("senders", "recipients"):
        found |= mailbox_fields.address_mistakes(field, wanted[field])
    if wanted["authentication"] == "required" and not wanted["server"]:
        found["server"] = ["Must name the server whose word counts, such as mx.google.com."]
    if wanted["since"] and not _is_day(wanted["since"]):
        found["since"] = ["Must be a day such as 2026-11-22, or empty."]
    if found:
        field, sentences = next(iter(found.items()))
        raise Invalid(f"{field}: {sentences[0]}", found)
    spelled = {
        name: list(dict.fromkeys(names.spelled(one) for one in wanted[name]))
        for name in ("senders", "recipients")
    }
    return {**wanted, **spelled}


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and date.fromisoformat(text).year >= 1990
    except ValueError:
        return False
