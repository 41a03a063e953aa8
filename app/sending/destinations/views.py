"""Destinations as people see them: who complained about a relay, and what is held back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import Page, page
from app.errors import NotFound
from app.rules.pace import destinations, pacing
from app.sending.destinations.complaints import held_of
from app.sending.ledger import forward
from app.sending.models import Destination
from app.sending.relays import settings
from app.sending.relays.throttling import Step


@dataclass(frozen=True, slots=True)
class DestinationView:
    """A destination that complained. ``state``: ``paused``, ``slowed`` or ``free`` again; rates
    are messages per second, None when it is free.
    """

    destination: str
    domains: list[str]
    state: Literal["paused", "slowed", "free"]
    paused_until: datetime | None
    rate: float | None
    ceiling: float | None
    next_step: Step | None
    complaints: int
    last_at: datetime
    why: str


def listed(
    session: Session,
    workspace_id: UUID,
    relay_id: UUID,
    *,
    now: datetime,
    number: int = 1,
    per_page: int = 50,
) -> Page[DestinationView]:
    """Who complained about a relay, the latest first. Raises NotFound."""
    relay = settings.get(session, workspace_id, relay_id)
    query = select(Destination).where(Destination.relay_id == relay.id)
    ordered = query.order_by(Destination.last_at.desc(), Destination.name)
    found = page(session, ordered, page=number, per_page=per_page)
    return found.map(lambda row: _view(row, now))


def lift(session: Session, workspace_id: UUID, relay_id: UUID, name: str, *, now: datetime) -> None:
    """Holds nothing back from a destination any more: who waits for a turn there is due now. Raises
    NotFound.
    """
    relay = settings.get(session, workspace_id, relay_id, lock=True)
    row = session.get(Destination, (relay.id, name)) if name.isprintable() else None
    if row is None:
        raise NotFound("This destination did not complain about this relay.")
    # Deliveries before destinations, as a sender locks them that claims mails and gives turns.
    forward.let_go(session, workspace_id, name, now=now)
    session.delete(row)
    session.flush()


def _view(row: Destination, now: datetime) -> DestinationView:
    held = held_of(row)
    free = destinations.is_free(held, now)
    paused = held.pause_until > now
    step = pacing.next_step(held.pace, now)
    return DestinationView(
        row.name,
        destinations.domains_of(row.name),
        "free" if free else "paused" if paused else "slowed",
        held.pause_until if paused else None,
        None if free else pacing.rate_at(held.pace, now),
        None if free else held.pace.ceiling,
        Step(*step) if step and not free else None,
        row.complaints,
        row.last_at,
        row.why,
    )
