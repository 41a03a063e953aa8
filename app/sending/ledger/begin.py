"""The durable line between "nothing was said" and "something may have been said"."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from app.contacts.models import Contact, Suppression
from app.rules import consent
from app.sending.ledger import opening
from app.sending.models import Delivery, Dispatch, Relay
from app.sending.models.delivery import IS_BEGUN
from app.sending.models.dispatch import MESSAGE
from app.sending.relays import standing
from app.statements.many import among
from app.statements.ready import Ready
from app.workspaces.models import Workspace

#: What Wanted and opening.Alike have in common.
_ALIKE = attrgetter("relay_id", "from_email", "round", "fallback")


class Wanted(NamedTuple):
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
    together = _alike(wanted)
    locked = standing.lock(session, {alike[0] for alike in together})
    _hold_still(session, [one.delivery_id for one in wanted])
    zones = standing.zones(session, locked)
    room = {
        key: standing.candidate(relay, now, zones[key], len(wanted)).room if relay.enabled else 0
        for key, relay in locked.items()
    }
    opened: dict[int, int] = {}
    for alike, deliveries in together.items():
        relay_id = alike[0]
        most = room.get(relay_id, 0)
        if most <= 0:
            continue
        attempts = opening.open_attempts(session, sender_id, alike, deliveries[:most], now)
        room[relay_id] = most - len(attempts)
        _charge(locked[relay_id], sorted(attempts.values()), zones[relay_id], now)
        opened |= attempts
    _send_away(session, sender_id, [one for one in wanted if one.delivery_id not in opened], now)
    return opened


def _alike(wanted: Sequence[Wanted]) -> dict[opening.Alike, list[int]]:
    found: defaultdict[opening.Alike, list[int]] = defaultdict(list)
    for alike, ones in groupby(wanted, key=_ALIKE):
        found[alike].extend(one.delivery_id for one in ones)
    return found


def _send_away(session: Session, sender_id: UUID, staying: Sequence[Wanted], now: datetime) -> None:
    """What did not begin goes back to the queue, or ends, for the reason that is found now."""
    if not staying:
        return
    rows = _look_again(session, sender_id, [one.delivery_id for one in staying])
    leaving: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for key, row in rows.items():
        leaving[_whither(row)].append(key)
    for (state, reason), deliveries in leaving.items():
        values: dict[str, object] = {"state": state, "sender_id": None}
        if state != "queued":
            values |= {"finished_at": now, "reason": reason}
        session.execute(
            update(Delivery)
            .where(Delivery.id.in_(deliveries))
            .values(**values)
            .execution_options(synchronize_session=False)
        )


def _look_again(session: Session, sender_id: UUID, deliveries: Sequence[int]) -> dict[int, Any]:
    rows = session.execute(
        select(
            Delivery.id,
            Dispatch.kind,
            Dispatch.hold,
            Dispatch.hold_reason,
            Contact.status,
            Suppression.reason.label("suppression"),
            Suppression.stops_messages,
        )
        .join(Dispatch, Dispatch.id == Delivery.dispatch_id)
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
            ~IS_BEGUN,
        )
    )
    return {row.id: row for row in rows}


def _hold_still(session: Session, deliveries: Sequence[int]) -> None:
    """On PostgreSQL an unsubscribe, a pause or the failover switch must either be seen here or
    wait for our commit: share locks do that. SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    for statement in _HOLDING:
        statement.execute(session.connection(), {"deliveries": deliveries})


def _holding(table: type[Workspace | Dispatch | Contact], wanted: Select[Any]) -> Ready:
    held = select(table.id).where(table.id.in_(wanted)).order_by(table.id)
    return Ready(select(func.count()).select_from(held.with_for_update(read=True).cte("held")))


_THESE = among(Delivery.id, "deliveries")
_DISPATCHES = select(Delivery.dispatch_id).where(_THESE)
#: Always in this order, and in that of the ids (no deadlocks).
_HOLDING = (
    _holding(Workspace, select(Dispatch.workspace_id).where(Dispatch.id.in_(_DISPATCHES))),
    _holding(Dispatch, _DISPATCHES),
    _holding(Contact, select(Delivery.contact_id).where(_THESE)),
)


def _whither(row: Any) -> tuple[str, str]:
    """The (state, reason) of a delivery that did not begin; queued when its turn may yet come."""
    if row.hold == "cancelled":
        return "cancelled", row.hold_reason
    if row.kind == MESSAGE:
        return _whither_message(row)
    if row.suppression is not None:
        return "suppressed", row.suppression
    if row.status is None:
        return "suppressed", "the contact was deleted"
    if row.status != "active":
        return "suppressed", f"the contact is {row.status}"
    return "queued", ""


def _whither_message(row: Any) -> tuple[str, str]:
    if row.stops_messages:
        return "suppressed", row.suppression
    if row.status in consent.CLOSED_TO_MESSAGES:
        return "suppressed", f"the contact is {row.status}"
    return "queued", ""


def _charge(relay: Relay, attempts: Sequence[int], zone: str, now: datetime) -> None:
    """Takes the relay's tokens; the first attempt on a relay that was off is its probe."""
    if not attempts:
        return
    if relay.open_until is not None:
        standing.set_probe(relay, attempts[0])
    standing.take(relay, len(attempts), now, zone)
