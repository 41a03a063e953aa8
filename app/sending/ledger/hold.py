"""Stops a dispatch, lets it go on, or ends it: nothing begins after the commit."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, literal_column, select, true, update
from sqlalchemy.orm import Session

from app.sending.guards import alarming
from app.sending.ledger.dispatches import OPEN
from app.sending.ledger.enqueue import whose_turn
from app.sending.models import Attempt, Delivery, Dispatch


def hold(
    session: Session, dispatch_id: UUID, *, hold: str, reason: str = "", now: datetime
) -> None:
    """``hold``: "paused", "cancelled" or "" to go on. Cancelling ends what is still queued;
    what a sender has claimed is ended when it asks to begin.
    """
    values: dict[str, object] = {"hold": hold, "hold_reason": reason}
    if not hold:
        values["resumed_at"] = now
        _ask_anew(session, dispatch_id)
    session.execute(update(Dispatch).where(Dispatch.id == dispatch_id).values(**values))
    if hold != "paused":
        workspace_id = session.get_one(Dispatch, dispatch_id).workspace_id
        alarming.guard_over(session, workspace_id, dispatch_id, now)
    if hold == "cancelled":
        session.execute(
            update(Delivery)
            .where(Delivery.dispatch_id == dispatch_id, Delivery.state == "queued")
            .values(state="cancelled", finished_at=now, reason=reason)
        )


def stop(session: Session, dispatch: Dispatch, reason: str, now: datetime) -> str:
    """Pauses what is left of a dispatch; says in a sentence what came of it: where everything
    came to its end already, there is nothing left to be paused.
    """
    open_ = exists().where(Delivery.dispatch_id == dispatch.id, Delivery.state.in_(OPEN))
    if not session.scalar(select(open_)):
        return f"The campaign '{dispatch.label}' is over, nothing of it waits any more: {reason}"
    hold(session, dispatch.id, hold="paused", reason=reason, now=now)
    return f"The campaign '{dispatch.label}' is paused: {reason}"


def _ask_anew(session: Session, dispatch_id: UUID) -> None:
    """Relays that refused the sender are asked again: a person has looked after it."""
    turned_away = exists().where(
        Attempt.delivery_id == Delivery.id,
        Attempt.round == Delivery.round,
        Attempt.outcome == "unauthorized",
    )
    session.execute(
        update(Delivery)
        .where(
            Delivery.dispatch_id == dispatch_id,
            Delivery.state == "queued",
            Delivery.tries > literal_column("0"),
            turned_away,
        )
        .values(round=Delivery.round + 1)
        .execution_options(synchronize_session=False)
    )


def redirect(session: Session, dispatch_id: UUID, turns: Sequence[UUID] = ()) -> None:
    """The dispatch has another pin or other turns now: what waited for the old relay need not go
    back to it.
    """
    session.execute(
        update(Delivery)
        .where(Delivery.dispatch_id == dispatch_id, Delivery.state.in_(OPEN))
        .where(Delivery.primary_id.is_not(None) if not turns else true())
        .values(primary_id=whose_turn(Delivery.id, turns))
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Delivery)
        .where(
            Delivery.dispatch_id == dispatch_id,
            Delivery.state == "queued",
            Delivery.relay_id.is_not(None),
        )
        .values(relay_id=None)
        .execution_options(synchronize_session=False)
    )
