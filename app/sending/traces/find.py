"""Looks into the ledger: who got what, through which relay, and what the relay said."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.rules import email_address
from app.sending.ledger.balance import spoken_state
from app.sending.models import Delivery
from app.sending.traces import attempts
from app.sending.traces.attempts import Tried


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One recipient of a dispatch with every attempt that said something to a relay."""

    email: str
    contact_id: UUID
    state: str
    reason: str
    due_at: datetime | None
    finished_at: datetime | None
    attempts: list[Tried]


@dataclass(frozen=True, slots=True)
class Deliveries:
    """A page of deliveries and how many there are."""

    items: list[DeliveryView]
    total: int


def deliveries(
    session: Session,
    dispatch_id: UUID,
    *,
    now: datetime,
    state: str | None = None,
    email: str | None = None,
    page: int = 1,
    per_page: int = 50,
) -> Deliveries:
    """Deliveries of a dispatch in the order they were queued; ``state`` as spoken outside."""
    spoken = spoken_state(now)
    matching: list[ColumnElement[bool]] = [Delivery.dispatch_id == dispatch_id]
    if state is not None:
        matching.append(spoken == state)
    if email is not None:
        parsed = email_address.parse(email)
        matching.append(Delivery.address == (parsed.address if parsed else email))
    total = session.scalar(select(func.count()).select_from(Delivery).where(*matching)) or 0
    rows = session.execute(
        select(Delivery, spoken)
        .where(*matching)
        .order_by(Delivery.id)
        .limit(per_page)
        .offset((page - 1) * per_page)
    ).all()
    tries = attempts.of(session, [row[0].id for row in rows])
    return Deliveries([_view(row[0], row[1], tries.get(row[0].id, [])) for row in rows], total)


def _view(delivery: Delivery, state: str, tries: list[Tried]) -> DeliveryView:
    return DeliveryView(
        delivery.email,
        delivery.contact_id,
        state,
        delivery.reason,
        delivery.due_at if delivery.state == "queued" else None,
        delivery.finished_at,
        tries,
    )
