"""Puts what a page decided into the tables, in a handful of statements."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.contacts import origins, suppression
from app.contacts.models import CONTACT_FIELDS, ContactList, ContactTag
from app.db import Base, insert
from app.rules import consent
from app.sources.runs.progress import Progress
from app.sources.storing import bulk, proving, purchases, statements
from app.sources.storing.roster import Roster
from sync.mapping import Wanted
from sync.merge import Create, Decision, Refuse, Update
from sync.run import Plan

_CUSTOM = "fields."
_NO_FIELDS: dict[str, str] = {}
_GIVES = (Create, Update)
_EMPTY = [""] * len(CONTACT_FIELDS)
SAID_THERE = "said at the source"


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
    _refuse(session, workspace_id, roster, plan.decisions, now)
    numbered = [
        (contact_id, decision)
        for decision in plan.decisions
        if (contact_id := roster.contact_of(decision))
    ]
    if not numbered:
        return
    _create(session, workspace_id, progress.origin, roster, now)
    made = set(roster.made.values())
    # In the order of the decisions: an address may have to be free before it is taken again.
    changed = [one for one, decision in numbered if isinstance(decision, Update)]
    if bought := [(one, decision.wanted) for one, decision in numbered if decision.wanted.purchase]:
        summed = purchases.record(session, progress.connection_id, bought, roster)
        changed += summed
        made -= summed
    _update(session, roster, [one for one in dict.fromkeys(changed) if one not in made], now)
    _close(session, workspace_id, roster, numbered, now)
    _gather(session, progress.connection_id, numbered, now)
    proving.prove(session, workspace_id, progress, numbered, now)
    _note(session, progress.connection_id, roster, numbered, now)


Numbered = list[tuple[UUID, Decision]]


def _note(
    session: Session, connection_id: UUID, roster: Roster, numbered: Numbered, now: datetime
) -> None:
    """What every row said, and which contact it is."""
    rows = [
        (
            connection_id,
            decision.wanted.source_id,
            contact_id,
            roster.digests[decision.wanted.source_id],
            now,
            decision.wanted.said_at,
            _groups(roster, decision.wanted),
        )
        for contact_id, decision in numbered
    ]
    # A row that comes twice in a page counts as it comes last.
    fresh = {row[1]: row for row in rows if row[1] not in roster.seen}
    bulk.add(session, statements.NOTE_NEW, statements.NOTED, list(fresh.values()))
    again = [row for row in rows if row[1] not in fresh]
    bulk.execute(session, statements.note(session), statements.NOTED, again)


def _groups(roster: Roster, wanted: Wanted) -> list[str] | None:
    """Ids of what a row names, so that it is known what it stops to name."""
    if wanted.said_at or not (wanted.lists or wanted.tags):
        return None
    found = [roster.lists.get(name) for name in sorted(wanted.lists)]
    found += [roster.tags.get(name) for name in sorted(wanted.tags)]
    return [str(one) for one in found if one]


def _refuse(
    session: Session,
    workspace_id: UUID,
    roster: Roster,
    decisions: Iterable[Decision],
    now: datetime,
) -> None:
    """The "no" of somebody who is nobody's contact here is written down all the same."""
    closing: dict[str, list[str]] = {}
    for decision in decisions:
        if isinstance(decision, Refuse) and decision.wanted.address not in roster.refusals:
            closing.setdefault(decision.wanted.status, []).append(decision.wanted.address)
    for reason, addresses in closing.items():
        suppression.suppress(session, workspace_id, addresses, reason, SAID_THERE, now)


def _create(
    session: Session, workspace_id: UUID, origin: str, roster: Roster, now: datetime
) -> None:
    nothing: list[str] = []
    first = {origins.EVERY: roster.origin}
    rows = []
    for contact_id in roster.made.values():
        known = roster.contacts[contact_id]
        who = (contact_id, workspace_id, known.email, known.address, known.status)
        rows.append((*who, origin, nothing, first, now, now, *_columns(known.fields)))
    bulk.add(session, statements.CREATE, statements.CREATED, rows)


def _update(session: Session, roster: Roster, changed: Iterable[UUID], now: datetime) -> None:
    rows = []
    for contact_id in changed:
        known = roster.contacts[contact_id]
        who = (contact_id, known.email, known.address, known.status, known.origins, now)
        rows.append((*who, *_columns(known.fields)))
    bulk.execute(session, statements.UPDATE, statements.UPDATED, rows)


def _close(
    session: Session, workspace_id: UUID, roster: Roster, numbered: Numbered, now: datetime
) -> None:
    """A "no" is written down for the address it now stands for."""
    closing: dict[str, list[str]] = {}
    for contact_id, decision in numbered:
        if not _may_close(decision):
            continue
        known = roster.contacts[contact_id]
        if consent.is_no(known.status) and known.address not in roster.refusals:
            closing.setdefault(known.status, []).append(known.address)
    for reason, addresses in closing.items():
        suppression.suppress(session, workspace_id, addresses, reason, SAID_THERE, now)


def _may_close(decision: Decision) -> bool:
    """Whether somebody's status or address is another one now."""
    if isinstance(decision, Create):
        return consent.is_no(decision.status)
    return isinstance(decision, Update) and bool(decision.status or decision.address)


def _gather(session: Session, connection_id: UUID, numbered: Numbered, now: datetime) -> None:
    lists, tags = list[tuple[UUID, UUID]](), list[tuple[UUID, UUID]]()
    left: dict[UUID, frozenset[UUID]] = {}
    for contact_id, decision in numbered:
        if isinstance(decision, _GIVES):
            lists += [(contact_id, one) for one in decision.lists]
            tags += [(contact_id, one) for one in decision.tags]
            if isinstance(decision, Update) and decision.left:
                left[contact_id] = decision.left
    _attach(session, ContactList, "list_id", lists, connection_id, now)
    _attach(session, ContactTag, "tag_id", tags, connection_id, now)
    if left:
        _detach(session, ContactList, ContactList.list_id, left, connection_id)
        _detach(session, ContactTag, ContactTag.tag_id, left, connection_id)


def _detach(
    session: Session,
    link: type[ContactList] | type[ContactTag],
    column: InstrumentedAttribute[UUID],
    left: Mapping[UUID, frozenset[UUID]],
    connection_id: UUID,
) -> None:
    """Takes away what the source no longer says, as far as this connection gave it."""
    for contact_id, groups in left.items():
        session.execute(
            delete(link).where(
                link.contact_id == contact_id,
                column.in_(groups),
                link.connection_id == connection_id,
            )
        )


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


def _columns(fields: Mapping[str, str]) -> tuple[Any, ...]:
    """Values by target -> the custom fields and the values of the other columns."""
    custom = {
        name.removeprefix(_CUSTOM): fields[name] for name in fields if name.startswith(_CUSTOM)
    }
    return (custom or _NO_FIELDS, *map(fields.get, CONTACT_FIELDS, _EMPTY))
