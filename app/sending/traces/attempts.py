"""Tries of deliveries as people see them: through which relay, when, and what it said."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.sending.models import Attempt, Event, Relay


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt. ``relay_name`` None: the relay was removed. ``outcome`` None: still open; void:
    nothing was said to the relay. ``role``: primary or failover, for whoever knows routing.
    """

    relay_id: UUID
    relay_name: str | None
    round: int
    at: datetime
    finished_at: datetime | None
    outcome: str | None
    phase: str
    code: int | None
    text: str
    from_email: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class HeardLater:
    """What was heard after the relay's reply."""

    kind: str
    hard: bool
    words: str
    at: datetime


def of(
    session: Session, deliveries: Collection[int], *, void: bool = False
) -> defaultdict[int, list[Tried]]:
    """Delivery -> its attempts, oldest first; those that said nothing to a relay only with
    ``void``.
    """
    query = (
        select(
            Attempt.delivery_id,
            Attempt.relay_id,
            Relay.name,
            Attempt.round,
            Attempt.begun_at,
            Attempt.finished_at,
            Attempt.outcome,
            Attempt.phase,
            Attempt.code,
            Attempt.text,
            Attempt.from_email,
        )
        .outerjoin(Relay, Relay.id == Attempt.relay_id)
        .where(Attempt.delivery_id.in_(deliveries))
        .order_by(Attempt.id)
    )
    if not void:
        query = query.where(Attempt.outcome.is_(None) | (Attempt.outcome != "void"))
    found: defaultdict[int, list[Tried]] = defaultdict(list)
    for delivery_id, *told in session.execute(query):
        found[delivery_id].append(Tried(*told))
    return found


def heard_later(session: Session, delivery_id: int) -> list[HeardLater]:
    """What was heard of a delivery after its relay's reply, oldest first."""
    rows = session.execute(
        select(Event.kind, Event.hard, Event.words, Event.heard_at)
        .where(Event.delivery_id == delivery_id)
        .order_by(Event.id)
    )
    return [HeardLater(*row) for row in rows]
