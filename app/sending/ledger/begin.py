"""The durable line between "nothing was said" and "something may have been said"."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from app.contacts.models import Contact, Suppression
from app.sending import relays
from app.sending.models import Attempt, Delivery, Dispatch, Relay
from app.workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Wanted:
    """A claimed delivery that shall go through a relay. ``fallback``: not its primary."""

    delivery_id: int
    relay_id: UUID
    from_email: str
    round: int
    fallback: bool


def begin(
    session: Session, sender_id: UUID, wanted: Sequence[Wanted], now: datetime
) -> dict[int, int]:
    """Opens an attempt for each delivery that may still go, and takes the relay's tokens. Gives
    back delivery -> open attempt; the others were given back, suppressed or cancelled.

    Looks again, under locks, at everything that may have changed since the claim: owner, hold,
    failover switch, the contact's status, suppression, the relay's health and limits. Whatever
    was committed before this commit is obeyed.
    """
    locked = relays.lock(session, {one.relay_id for one in wanted})
    rows = _look_again(session, sender_id, [one.delivery_id for one in wanted])
    zones = relays.zones(session, locked)
    room = {
        key: relays.candidate(relay, now, zones[key], len(wanted)).room if relay.enabled else 0
        for key, relay in locked.items()
    }
    going: list[Wanted] = []
    leaving: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for one in wanted:
        row = rows.get(one.delivery_id)
        if row is None:
            continue
        if why := _why_not(row, one):
            leaving[why].append(one.delivery_id)
        elif room.get(one.relay_id, 0) <= 0:
            leaving["queued", ""].append(one.delivery_id)
        else:
            room[one.relay_id] -= 1
            going.append(one)
    _leave(session, leaving, now)
    return _open(session, sender_id, going, locked, zones, now)


def _look_again(session: Session, sender_id: UUID, deliveries: Sequence[int]) -> dict[int, Any]:
    _hold_still(session, deliveries)
    rows = session.execute(
        select(
            Delivery.id,
            Dispatch.hold,
            Dispatch.hold_reason,
            Workspace.failover_enabled,
            Workspace.backup_relay_id,
            Contact.status,
            Suppression.reason.label("suppression"),
        )
        .join(Dispatch, Dispatch.id == Delivery.dispatch_id)
        .join(Workspace, Workspace.id == Dispatch.workspace_id)
        .outerjoin(Contact, Contact.id == Delivery.contact_id)
        .outerjoin(
            Suppression,
            (Suppression.workspace_id == Dispatch.workspace_id)
            & (Suppression.address == Delivery.address),
        )
        .where(
            Delivery.id.in_(deliveries),
            Delivery.sender_id == sender_id,
            Delivery.state == "claimed",
        )
    )
    return {row.id: row for row in rows}


def _hold_still(session: Session, deliveries: Sequence[int]) -> None:
    """On PostgreSQL an unsubscribe, a pause or the failover switch must either be seen here or
    wait for our commit: share locks do that. SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    mine = select(Delivery.dispatch_id, Delivery.contact_id).where(Delivery.id.in_(deliveries))
    pairs = session.execute(mine).all()
    dispatches = sorted({pair.dispatch_id for pair in pairs})
    workspaces = select(Dispatch.workspace_id).where(Dispatch.id.in_(dispatches))
    for table, wanted in (
        (Workspace, workspaces),
        (Dispatch, dispatches),
        (Contact, sorted({pair.contact_id for pair in pairs})),
    ):
        session.execute(
            select(table.id)
            .where(table.id.in_(wanted))
            .order_by(table.id)
            .with_for_update(read=True)
        )


def _why_not(row: Any, wanted: Wanted) -> tuple[str, str] | None:
    """The (state, reason) of a delivery that may not begin, None when it may."""
    if row.hold == "cancelled":
        return "cancelled", row.hold_reason
    if row.suppression is not None:
        return "suppressed", row.suppression
    if row.status is None:
        return "suppressed", "the contact was deleted"
    if row.status != "active":
        return "suppressed", f"the contact is {row.status}"
    if row.hold or (wanted.fallback and not _may_help(row, wanted.relay_id)):
        return "queued", ""
    return None


def _may_help(row: Any, relay_id: UUID) -> bool:
    return row.failover_enabled and row.backup_relay_id in (None, relay_id)


def _leave(session: Session, leaving: dict[tuple[str, str], list[int]], now: datetime) -> None:
    for (state, reason), deliveries in leaving.items():
        values: dict[str, object] = {"state": state, "sender_id": None}
        if state != "queued":
            values |= {"finished_at": now, "reason": reason}
        _update(session, deliveries, values)


def _open(
    session: Session,
    sender_id: UUID,
    going: Sequence[Wanted],
    locked: dict[UUID, Relay],
    zones: dict[UUID, str],
    now: datetime,
) -> dict[int, int]:
    if not going:
        return {}
    opened = session.scalars(
        insert(Attempt).returning(Attempt.id, sort_by_parameter_order=True),
        [
            {
                "delivery_id": one.delivery_id,
                "relay_id": one.relay_id,
                "sender_id": sender_id,
                "round": one.round,
                "from_email": one.from_email,
                "begun_at": now,
            }
            for one in going
        ],
    ).all()
    attempts = {one.delivery_id: id_ for one, id_ in zip(going, opened, strict=True)}
    _update(
        session,
        attempts,
        {"state": "begun", "first_tried_at": func.coalesce(Delivery.first_tried_at, now)},
    )
    for key, relay in locked.items():
        mine = [attempts[one.delivery_id] for one in going if one.relay_id == key]
        if mine:
            if relay.open_until is not None:
                relays.set_probe(relay, mine[0])
            relays.take(relay, len(mine), now, zones[key])
    return attempts


def _update(session: Session, deliveries: Iterable[int], values: dict[str, object]) -> None:
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(list(deliveries)))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
