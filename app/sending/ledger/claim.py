"""Takes queued deliveries for one sender, and gives them back."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, select, true, update
from sqlalchemy.orm import Session

from app.sending.models import Attempt, Delivery

#: Outcomes after which a relay is not asked again in the same round.
_TURNED_AWAY = ("refused", "unauthorized")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery in one sender's hand. ``tried``: relay -> outcome, of those that turned it
    away in this round; ``stay``: the relay it must stay on.
    """

    id: int
    contact_id: UUID
    email: str
    address: str
    tries: int
    round: int
    stay: UUID | None
    tried: dict[UUID, str]


def claim(
    session: Session,
    sender_id: UUID,
    dispatch_id: UUID,
    *,
    fresh: int,
    tried: int,
    share: UUID | None = None,
    now: datetime,
) -> list[Claimed]:
    """Up to ``fresh`` due deliveries never tried before and ``tried`` others, oldest due first;
    with ``share`` only those that are this relay's turn.
    """
    mine = Delivery.primary_id == share if share is not None else true()
    rows = _take(session, sender_id, dispatch_id, mine & (Delivery.tries > 0), tried, now)
    rows += _take(session, sender_id, dispatch_id, mine & (Delivery.tries == 0), fresh, now)
    turned_away = _turned_away(session, [row.id for row in rows if row.tries])
    return [
        Claimed(**row._asdict(), tried=turned_away[row.id, row.round])
        for row in sorted(rows, key=lambda row: row.id)
    ]


def _take(
    session: Session,
    sender_id: UUID,
    dispatch_id: UUID,
    which: ColumnElement[bool],
    most: int,
    now: datetime,
) -> list[Any]:
    """Marks rows as claimed; gives back what Claimed begins with, by its names."""
    if most <= 0:
        return []
    due = _due(dispatch_id, which, most, now)
    taken = session.execute(
        update(Delivery)
        .where(Delivery.id.in_(select(due.c.id)))
        .values(state="claimed", sender_id=sender_id)
        .returning(
            Delivery.id,
            Delivery.contact_id,
            Delivery.email,
            Delivery.address,
            Delivery.tries,
            Delivery.round,
            Delivery.relay_id.label("stay"),
        )
        .execution_options(synchronize_session=False)
    )
    return list(taken)


def _due(dispatch_id: UUID, which: ColumnElement[bool], most: int, now: datetime) -> CTE:
    """The ids, looked up once: PostgreSQL may repeat a subquery, each time with other rows."""
    return (
        select(Delivery.id)
        .where(
            Delivery.dispatch_id == dispatch_id,
            Delivery.state == "queued",
            Delivery.due_at <= now,
            which,
        )
        .order_by(Delivery.due_at, Delivery.id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("due")
    )


def release(
    session: Session,
    sender_id: UUID,
    deliveries: Iterable[int],
    *,
    due_at: datetime,
    reason: str = "",
    next_round: bool = False,
) -> None:
    """Gives claimed deliveries back: due at ``due_at``, in their next round when that is said."""
    values: dict[str, object] = {"state": "queued", "sender_id": None, "due_at": due_at}
    if next_round:
        values |= {"round": Delivery.round + 1, "relay_id": None}
    if reason:
        values["reason"] = reason
    _claimed(session, sender_id, deliveries, values)


def settle(
    session: Session,
    sender_id: UUID,
    deliveries: Iterable[int],
    *,
    state: str,
    reason: str,
    now: datetime,
) -> None:
    """Ends claimed deliveries without an attempt: ``state`` is rejected, failed, ..."""
    values: dict[str, object] = {
        "state": state,
        "sender_id": None,
        "finished_at": now,
        "reason": reason,
    }
    _claimed(session, sender_id, deliveries, values)


def _claimed(
    session: Session, sender_id: UUID, deliveries: Iterable[int], values: dict[str, object]
) -> None:
    session.execute(
        update(Delivery)
        .where(
            Delivery.id.in_(list(deliveries)),
            Delivery.sender_id == sender_id,
            Delivery.state == "claimed",
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _turned_away(
    session: Session, deliveries: Sequence[int]
) -> defaultdict[tuple[int, int], dict[UUID, str]]:
    found: defaultdict[tuple[int, int], dict[UUID, str]] = defaultdict(dict)
    if deliveries:
        rows = session.execute(
            select(Attempt.delivery_id, Attempt.round, Attempt.relay_id, Attempt.outcome).where(
                Attempt.delivery_id.in_(deliveries), Attempt.outcome.in_(_TURNED_AWAY)
            )
        )
        for delivery, round_, relay, outcome in rows:
            found[delivery, round_][relay] = outcome or ""
    return found
