"""A message that recipients' servers do not want: its dispatch is held before it burns a relay."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.rules.replies import distrust
from app.sending.guards import alarming
from app.sending.ledger.hold import stop
from app.sending.models import Attempt, Delivery, Dispatch


def look(session: Session, dispatches: Mapping[UUID, str], now: datetime) -> None:
    """After rejections were written: holds those dispatches of which too much was rejected lately,
    not counting what was before a person let them go on. ``dispatches``: id -> what was said.
    """
    for dispatch_id, words in sorted(dispatches.items()):
        dispatch = session.get(Dispatch, dispatch_id)
        if dispatch is None or dispatch.hold:
            continue
        since = max(now - distrust.LATELY, dispatch.resumed_at or dispatch.created_at)
        rejected = _rejected(session, dispatch_id, since)
        if distrust.is_unwanted(rejected, answered(session, dispatch_id, since, rejected)):
            minutes = distrust.LATELY.total_seconds() / 60
            reason = f"{rejected} rejected within {minutes:g} minutes for what it says: {words}"
            what = stop(session, dispatch, reason[:500], now)
            alarming.guard_tripped(session, dispatch.workspace_id, dispatch_id, what, now)


def _rejected(session: Session, dispatch_id: UUID, since: datetime) -> int:
    """How many a server rejected; what could not be composed was said to none."""
    by_server = select(Attempt.id).where(
        Attempt.delivery_id == Delivery.id, Attempt.outcome == "rejected"
    )
    which = ended(dispatch_id, since, "rejected").where(by_server.exists())
    return session.scalar(select(func.count()).select_from(which.subquery())) or 0


def answered(session: Session, dispatch_id: UUID, since: datetime, rejected: int) -> int:
    """How many were answered, counted no further than it matters beside those ``rejected``."""
    which = ended(dispatch_id, since, "sent", "bounced", "rejected")
    most = which.limit(int(rejected / distrust.SHARE) + 1)
    return session.scalar(select(func.count()).select_from(most.subquery())) or 0


def ended(dispatch_id: UUID, since: datetime, *states: str) -> Select[Any]:
    """The deliveries that came to one of these ends since then."""
    return select(Delivery.id).where(
        Delivery.dispatch_id == dispatch_id, Delivery.state.in_(states), Delivery.due_at >= since
    )
