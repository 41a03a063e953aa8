"""What nobody knew, settled by a person: it went, or it is sent again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from app.rules import patience
from app.sending.models import Attempt, Delivery, Dispatch


@dataclass(frozen=True, slots=True)
class Settled:
    """How many were settled, and how many it is too early to send again."""

    settled: int
    too_early: int = 0


def settle_unknown(
    session: Session,
    dispatch_id: UUID,
    *,
    went: bool,
    addresses: Collection[str] | None = None,
    now: datetime,
) -> Settled:
    """Those of ``addresses`` (None: everybody) that are unknown become sent, or are queued again
    for the relay that had them, so that it can recognise the Message-ID. Safe to repeat.
    """
    which = [Delivery.dispatch_id == dispatch_id, Delivery.state == "unknown"]
    if addresses is not None:
        which.append(Delivery.address.in_(addresses))
    if went:
        words = "a person says that it went"
        return Settled(_move(session, which, {"state": "sent", "reason": words}))
    rested = Delivery.finished_at <= now - patience.FOR_ANSWER
    again = _move(session, [*which, rested], _queued_again(now))
    if again:
        session.execute(update(Dispatch).where(Dispatch.id == dispatch_id).values(finished_at=None))
    left = session.scalar(select(func.count()).select_from(Delivery).where(*which)) or 0
    return Settled(again, left)


def _queued_again(now: datetime) -> dict[str, Any]:
    had_it = (
        select(Attempt.relay_id)
        .where(Attempt.delivery_id == Delivery.id, Attempt.outcome == "unknown")
        .order_by(Attempt.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return {
        "state": "queued",
        "due_at": now,
        "relay_id": had_it,
        "round": Delivery.round + 1,
        "first_tried_at": None,
        "finished_at": None,
        "reason": "a person wants it sent again",
    }


def _move(session: Session, which: list[ColumnElement[bool]], values: dict[str, Any]) -> int:
    moved = session.execute(
        update(Delivery)
        .where(*which)
        .values(**values)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return len(moved.all())
