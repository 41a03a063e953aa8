"""Where every recipient of a dispatch is: the sum is always the audience."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Case, case, func, select
from sqlalchemy.orm import Session

from app.sending.models import Delivery

#: The states as they are spoken of outside, in the order of a delivery's life.
STATES = (
    "queued",
    "sending",
    "sent",
    "deferred",
    "bounced",
    "rejected",
    "failed",
    "suppressed",
    "cancelled",
    "unknown",
)


def spoken_state(now: datetime) -> Case[str]:
    """SQL for the state of a delivery as it is spoken of outside.

    ``sending`` = claimed, begun or not; ``deferred`` = queued, tried at least once, due later.
    """
    return case(
        (Delivery.state == "claimed", "sending"),
        ((Delivery.state == "queued") & (Delivery.tries > 0) & (Delivery.due_at > now), "deferred"),
        else_=Delivery.state,
    )


def balance(session: Session, dispatch_id: UUID, now: datetime) -> dict[str, int]:
    """How many deliveries are in each of STATES, those with none included."""
    state = spoken_state(now).label("spoken")
    rows = session.execute(
        select(state, func.count()).where(Delivery.dispatch_id == dispatch_id).group_by(state)
    )
    return dict.fromkeys(STATES, 0) | dict(rows.all())
