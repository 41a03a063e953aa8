"""Puts what a page decided into the tables, in a handful of statements."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from app import ids
from app.contacts import suppression
from app.contacts.models import CONTACT_FIELDS, Contact, ContactList, ContactTag
from app.db import Base, insert
from app.rules import consent
from app.sources.models import SourceRow
from app.sources.progress import Progress
from app.sources.roster import Roster
from sync.merge import Create, Decision, Update
from sync.run import Plan

_CUSTOM = "fields."


def write(
    session: Session,
    workspace_id: UUID,
    progress: Progress,
    roster: Roster,
    plan: Plan,
    now: datetime,
) -> None:
    """Stores the decisions of a page; what is kept and was seen before is not touched."""
    if not plan.decisions:
        return
    numbered = [(_contact_id(decision), decision) for decision in plan.decisions]
    _create(session, workspace_id, progress.origin, numbered, now)
    _update(session, roster, numbered, now)
    _close(session, workspace_id, roster, numbered, now)
    _gather(session, progress.connection_id, numbered, now)
    rows = [
        {
            "connection_id": progress.connection_id,
            "source_id": decision.wanted.source_id,
            "contact_id": contact_id,
            "digest": roster.digests[decision.wanted.source_id],
            "seen_at": now,
        }
        for contact_id, decision in numbered
    ]
    statement = insert(session, SourceRow)
    statement = statement.on_conflict_do_update(
        index_elements=["connection_id", "source_id"],
        set_={name: statement.excluded[name] for name in ("contact_id", "digest", "seen_at")},
    )
    session.connection().execute(statement, rows)


Numbered = list[tuple[UUID, Decision]]


def _contact_id(decision: Decision) -> UUID:
    return ids.new_id() if isinstance(decision, Create) else decision.id


def _create(
    session: Session, workspace_id: UUID, origin: str, numbered: Numbered, now: datetime
) -> None:
    rows = [
        {
            "id": contact_id,
            "workspace_id": workspace_id,
            "email": decision.wanted.email,
            "address": decision.wanted.address,
            "status": decision.status,
            "source": origin,
            "edited": [],
            "created_at": now,
            "updated_at": now,
            **_columns(decision.wanted.fields),
        }
        for contact_id, decision in numbered
        if isinstance(decision, Create)
    ]
    if rows:
        session.connection().execute(insert(session, Contact), rows)


def _update(session: Session, roster: Roster, numbered: Numbered, now: datetime) -> None:
    rows: dict[UUID, dict[str, Any]] = {}
    for contact_id, decision in numbered:
        if isinstance(decision, Update):
            known = roster.contacts[contact_id]
            rows[contact_id] = {
                "which": contact_id,
                "email": known.email,
                "address": known.address,
                "status": known.status,
                "updated_at": now,
                **_columns(known.fields),
            }
    if rows:
        which = Contact.__table__.c.id == bindparam("which")
        statement = update(Contact.__table__).where(which)  # type: ignore[arg-type]
        names = [name for name in next(iter(rows.values())) if name != "which"]
        values: dict[str, Any] = {name: bindparam(name) for name in names}
        session.connection().execute(statement.values(values), list(rows.values()))


def _close(
    session: Session, workspace_id: UUID, roster: Roster, numbered: Numbered, now: datetime
) -> None:
    """A "no" is written down for the address it now stands for."""
    closing: dict[str, list[str]] = {}
    for contact_id, decision in numbered:
        if isinstance(decision, Create):
            status, address = decision.status, decision.wanted.address
        else:
            known = roster.contacts[contact_id]
            is_new = isinstance(decision, Update) and (decision.status or decision.address)
            status, address = (known.status if is_new else ""), known.address
        if consent.is_no(status) and address not in roster.refusals:
            closing.setdefault(status, []).append(address)
    for reason, addresses in closing.items():
        suppression.suppress(session, workspace_id, addresses, reason, "said at the source", now)


def _gather(session: Session, connection_id: UUID, numbered: Numbered, now: datetime) -> None:
    _attach(session, ContactList, "list_id", _joined(numbered, "lists"), connection_id, now)
    _attach(session, ContactTag, "tag_id", _joined(numbered, "tags"), connection_id, now)


def _joined(numbered: Numbered, kind: str) -> list[tuple[UUID, UUID]]:
    return [
        (contact_id, group)
        for contact_id, decision in numbered
        if isinstance(decision, Create | Update)
        for group in getattr(decision, kind)
    ]


def _attach(
    session: Session,
    link: type[Base],
    column: str,
    pairs: Iterable[tuple[UUID, UUID]],
    connection_id: UUID,
    now: datetime,
) -> None:
    rows = [
        {
            "contact_id": contact,
            column: group,
            "connection_id": connection_id,
            "created_at": now,
        }
        for contact, group in pairs
    ]
    if rows:
        session.connection().execute(insert(session, link).on_conflict_do_nothing(), rows)


def _columns(fields: Mapping[str, str]) -> dict[str, Any]:
    """Values by target -> values by column."""
    columns: dict[str, Any] = {name: fields.get(name, "") for name in CONTACT_FIELDS}
    columns["fields"] = {
        target.removeprefix(_CUSTOM): value
        for target, value in fields.items()
        if target.startswith(_CUSTOM)
    }
    return columns
