"""What nobody knew, settled by a person: it went, or it is sent again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from app.rules.pace import patience
from app.sending.models import Attempt, Delivery, Dispatch
from app.sending.models.delivery import IN_DOUBT
from app.sending.models.dispatch import MESSAGE


@dataclass(frozen=True, slots=True)
class Settled:
    """How many were settled, and how many it is too early to send again.

    ``not_in_doubt``: the addresses, or ids of messages, that were named and are not in doubt.
    """

    settled: int
    too_early: int = 0
    not_in_doubt: tuple[str, ...] = ()


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
    which = [Delivery.dispatch_id == dispatch_id, IN_DOUBT]
    if addresses is None:
        return _settle(session, which, went, now)
    which.append(Delivery.address.in_(addresses))
    found = set(session.scalars(select(Delivery.address).where(*which)))
    settled = _settle(session, which, went, now)
    return replace(settled, not_in_doubt=tuple(one for one in addresses if one not in found))


def settle_unknown_messages(
    session: Session,
    workspace_id: UUID,
    *,
    went: bool,
    messages: Collection[UUID] | None = None,
    now: datetime,
) -> Settled:
    """The same of messages of a workspace: of these, or of all that are unknown."""
    mine = select(Dispatch.id).where(
        Dispatch.workspace_id == workspace_id, Dispatch.kind == MESSAGE
    )
    if messages is None:
        return _settle(session, [Delivery.dispatch_id.in_(mine), IN_DOUBT], went, now)
    which = [Delivery.dispatch_id.in_(mine.where(Dispatch.id.in_(messages))), IN_DOUBT]
    found = set(session.scalars(select(Delivery.dispatch_id).where(*which)))
    settled = _settle(session, which, went, now)
    return replace(settled, not_in_doubt=tuple(str(one) for one in messages if one not in found))


def _settle(
    session: Session, which: list[ColumnElement[bool]], went: bool, now: datetime
) -> Settled:
    if went:
        words = "a person says that it went"
        return Settled(len(_move(session, which, {"state": "sent", "reason": words})))
    rested = Delivery.finished_at <= now - patience.FOR_ANSWER
    again = _move(session, [*which, rested], _queued_again(now))
    if again:
        session.execute(
            update(Dispatch).where(Dispatch.id.in_(set(again))).values(finished_at=None)
        )
    left = session.scalar(select(func.count()).select_from(Delivery).where(*which)) or 0
    return Settled(len(again), left)


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


def _move(
    session: Session, which: list[ColumnElement[bool]], values: dict[str, Any]
) -> Sequence[UUID]:
    """The dispatches of those that were moved, one for each."""
    moved = session.execute(
        update(Delivery)
        .where(*which)
        .values(**values)
        .returning(Delivery.dispatch_id)
        .execution_options(synchronize_session=False)
    )
    return moved.scalars().all()
