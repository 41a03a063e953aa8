"""Puts what a page decided into the tables, in a handful of statements."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.contacts import origins, suppression
from app.contacts.models import ContactList, ContactTag
from app.rules import consent
from app.sources.runs.progress import Progress
from app.sources.storing import bulk, columns, proving, purchases, statements, together
from app.sources.storing.bulk import Same
from app.sources.storing.roster import Roster
from app.statements.put import Put
from sync.merge import Create, Decision, Refuse, Update
from sync.run import Plan

_GIVES = (Create, Update)
SAID_THERE = "said at the source"
_IN_LISTS = Put(ContactList, ["contact_id", "list_id", "connection_id", "created_at"])
_TAGGED = Put(ContactTag, ["contact_id", "tag_id", "connection_id", "created_at"])


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
    # In the order of the decisions: an address may have to be free before it is taken again.
    changed = [one for one, decision in numbered if isinstance(decision, Update)]
    summed = set[UUID]()
    if bought := [(one, decision.wanted) for one, decision in numbered if decision.wanted.purchase]:
        summed = purchases.record(session, progress.connection_id, bought, roster)
        changed += summed
    if changed:
        made = {*roster.made.values()} - summed
        renamed = any(isinstance(one, Update) and one.address for one in plan.decisions)
        which = [one for one in dict.fromkeys(changed) if one not in made]
        _update(session, roster, which, now, in_order=renamed)
    _close(session, workspace_id, roster, numbered, now)
    _gather(session, progress.connection_id, numbered, now)
    proving.prove(session, workspace_id, progress, numbered, now)
    _note(session, progress.connection_id, roster, numbered, now)


Numbered = list[tuple[UUID, Decision]]


def _note(
    session: Session, connection_id: UUID, roster: Roster, numbered: Numbered, now: datetime
) -> None:
    """What every row said, and which contact it is."""
    # A row that comes twice in a page counts as it comes last.
    fresh = {
        decision.wanted.source_id: (contact_id, decision.wanted)
        for contact_id, decision in numbered
        if decision.wanted.source_id not in roster.seen
    }
    told = columns.noted(connection_id, roster, list(fresh.values()), now)
    bulk.add(session, statements.NOTE_NEW, statements.NOTED, len(fresh), told)
    if len(fresh) < len(numbered):
        again = {
            decision.wanted.source_id: (contact_id, decision.wanted)
            for contact_id, decision in numbered
            if decision.wanted.source_id not in fresh
        }
        told = columns.noted(connection_id, roster, list(again.values()), now)
        if again and together.can(session):
            together.note(session, told)
        else:
            bulk.execute(session, statements.NOTE, statements.NOTED, len(again), told)


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
    people = [roster.contacts[contact_id] for contact_id in roster.made.values()]
    told = [
        [known.id for known in people],
        Same(workspace_id),
        [known.email for known in people],
        [known.address for known in people],
        [known.status for known in people],
        Same(origin),
        Same([]),
        Same({origins.EVERY: roster.origin}),
        Same(now),
        Same(now),
        *columns.values([known.fields for known in people]),
    ]
    bulk.add(session, statements.CREATE, statements.CREATED, len(people), told)


def _update(
    session: Session, roster: Roster, changed: Iterable[UUID], now: datetime, *, in_order: bool
) -> None:
    people = [roster.contacts[contact_id] for contact_id in changed]
    told = [
        [known.id for known in people],
        [known.email for known in people],
        [known.address for known in people],
        [known.status for known in people],
        [known.origins for known in people],
        Same(now),
        *columns.values([known.fields for known in people]),
    ]
    if people and together.can(session) and not in_order:
        together.update(session, told)
    else:
        bulk.execute(session, statements.UPDATE, statements.UPDATED, len(people), told)


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
            if decision.lists:
                lists += [(contact_id, one) for one in decision.lists]
            if decision.tags:
                tags += [(contact_id, one) for one in decision.tags]
            if isinstance(decision, Update) and decision.left:
                left[contact_id] = decision.left
    _IN_LISTS.rows(session, [(*pair, connection_id, now) for pair in lists])
    _TAGGED.rows(session, [(*pair, connection_id, now) for pair in tags])
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
