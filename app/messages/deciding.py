"""What a person may still decide about a message: not to send it, or what became of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict, NotFound
from app.sending import ledger
from app.sending.ledger import Settled
from app.sending.models import Delivery, Dispatch
from app.sending.models.dispatch import MESSAGE


def cancel(session: Session, workspace_id: UUID, message_id: UUID, *, now: datetime) -> None:
    """It is not sent (any more). Raises Conflict when a relay has it in hand, or it has ended."""
    delivery = _delivery(session, workspace_id, message_id)
    if delivery.state not in ("queued", "claimed"):
        raise Conflict(f"The message is {_spoken(delivery.state)}: it is too late to cancel it.")
    ledger.hold(session, message_id, hold="cancelled", reason="cancelled by hand", now=now)


def settle(
    session: Session, workspace_id: UUID, message_id: UUID, *, went: bool, now: datetime
) -> Settled:
    """Of a message that is unknown: it went, or it is sent again. Raises Conflict, NotFound."""
    delivery = _delivery(session, workspace_id, message_id)
    if delivery.state != "unknown":
        raise Conflict(f"The message is {_spoken(delivery.state)}: there is nothing in doubt.")
    return ledger.settle_unknown(session, message_id, went=went, now=now)


def _delivery(session: Session, workspace_id: UUID, message_id: UUID) -> Delivery:
    found = session.scalar(
        select(Delivery)
        .join(Dispatch, Dispatch.id == Delivery.dispatch_id)
        .where(
            Dispatch.workspace_id == workspace_id,
            Dispatch.id == message_id,
            Dispatch.kind == MESSAGE,
        )
        .with_for_update(of=Delivery)
    )
    if found is None:
        raise NotFound("There is no such message.")
    return found


def _spoken(state: str) -> str:
    return "sending" if state == "claimed" else state
