"""Addresses that are never written to: the contact's status and the suppression in one go."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import product
from uuid import UUID

from sqlalchemy import case, delete, false, literal, select, update
from sqlalchemy.orm import Session

from app import ids
from app.contacts.models import Contact, Suppression
from app.db import insert
from app.rules import consent
from app.statements.ready import written

_AT_ONCE = 1000
#: What servers say of an address.
_LEARNED = ("bounced", "invalid")


def suppress(
    session: Session,
    workspace_id: UUID,
    addresses: Iterable[str],
    reason: str,
    detail: str,
    now: datetime,
) -> int:
    """Writes down a no of these addresses (normal form); a stronger one that is there stays.

    Gives the number of contacts whose status changed. Doing it again changes nothing.
    """
    return sum(
        _suppress(session, workspace_id, some, reason, detail, now) for some in _parts(addresses)
    )


def lift(session: Session, workspace_id: UUID, addresses: Iterable[str]) -> None:
    """Takes the no back: only for a person's deliberate act."""
    for some in _parts(addresses):
        session.execute(
            delete(Suppression).where(
                Suppression.workspace_id == workspace_id, Suppression.address.in_(some)
            )
        )


def take_back(
    session: Session, workspace_id: UUID, said: Mapping[str, str], since: datetime
) -> None:
    """Takes back what was learned of these addresses (address -> the very words, with which the
    detail ends) since then and turned out to be untrue; a no of the person, and one from
    elsewhere, stays.
    """
    for some in _parts(said):
        rows = session.execute(
            select(Suppression).where(
                Suppression.workspace_id == workspace_id,
                Suppression.address.in_(some),
                Suppression.reason.in_(_LEARNED),
                Suppression.created_at >= since,
            )
        ).scalars()
        untrue = [row for row in rows if row.detail.endswith(said[row.address])]
        for reason, was_pending in product(_LEARNED, (False, True)):
            learned = (reason, was_pending)
            addresses = [one.address for one in untrue if (one.reason, one.was_pending) == learned]
            session.execute(
                update(Contact)
                .where(
                    Contact.workspace_id == workspace_id,
                    Contact.address.in_(addresses),
                    Contact.status == consent.status_for(reason),
                )
                .values(status="pending" if was_pending else "active")
            )
        lift(session, workspace_id, [row.address for row in untrue])


def reasons(session: Session, workspace_id: UUID, addresses: Iterable[str]) -> dict[str, str]:
    """Those of the addresses that are suppressed, and why."""
    found: dict[str, str] = {}
    for some in _parts(addresses):
        rows = session.execute(
            select(Suppression.address, Suppression.reason).where(
                Suppression.workspace_id == workspace_id, Suppression.address.in_(some)
            )
        )
        found.update((address, reason) for address, reason in rows)
    return found


def _suppress(
    session: Session,
    workspace_id: UUID,
    addresses: list[str],
    reason: str,
    detail: str,
    now: datetime,
) -> int:
    _write_down(session, workspace_id, addresses, reason, detail, now)
    changing = session.execute(
        select(Contact.id, Contact.address, Contact.status)
        .where(
            Contact.workspace_id == workspace_id,
            Contact.address.in_(addresses),
            Contact.status.in_(consent.gives_way(reason)),
        )
        .order_by(Contact.id)
        .with_for_update()
    ).all()
    if not changing:
        return 0
    if pending := [one.address for one in changing if one.status == "pending"]:
        session.execute(
            update(Suppression)
            .where(Suppression.workspace_id == workspace_id, Suppression.address.in_(pending))
            .values(was_pending=True)
        )
    session.execute(
        update(Contact)
        .where(Contact.id.in_([one.id for one in changing]))
        .values(status=consent.status_for(reason), updated_at=now)
    )
    return len(changing)


def _write_down(
    session: Session,
    workspace_id: UUID,
    addresses: list[str],
    reason: str,
    detail: str,
    now: datetime,
) -> None:
    rows = [
        {
            "id": ids.new_id(),
            "workspace_id": workspace_id,
            "address": address,
            "reason": reason,
            "stops_messages": consent.stops_messages(reason),
            "detail": detail,
            "created_at": now,
        }
        for address in addresses
    ]
    statement = insert(session, Suppression)
    weaker = consent.weaker(reason)
    outranked = Suppression.reason.in_(written(weaker)) if weaker else false()
    stops = consent.stops_messages(reason)
    told = {"reason": reason, "detail": detail, "created_at": now}
    changes = {
        name: case((outranked, value), else_=getattr(Suppression, name))
        for name, value in told.items()
    }
    statement = statement.on_conflict_do_update(
        index_elements=["workspace_id", "address"],
        set_={**changes, "stops_messages": Suppression.stops_messages | literal(stops)},
        where=outranked | (~Suppression.stops_messages & literal(stops)),
    )
    session.flush()
    # As rows, not as values: else every number of them would be another statement to make.
    session.connection().execute(statement, rows)


def _parts(addresses: Iterable[str]) -> Iterator[list[str]]:
    # Sorted, so that two that suppress the same addresses lock them in the same order.
    ordered = sorted(set(addresses))
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]
