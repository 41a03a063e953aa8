"""One delivery with all that happened to it: its tries, and what was heard of it later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.sending.ledger.balance import spoken_state
from app.sending.models import Attempt, Delivery, Event, Relay

#: Outcomes after which a relay is not asked again in the same round; "blocked" is one where the
#: mail may move to another relay, and then no relay is set that it must stay on.
_TURNED_AWAY, _WHERE_IT_MAY_MOVE = ("refused", "unauthorized"), ("blocked",)


@dataclass(frozen=True, slots=True)
class TracedAttempt:
    """One try. ``relay_name`` None: the relay was removed. ``outcome`` None: still open; void:
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
class TracedEvent:
    """What was heard after the relay's reply."""

    kind: str
    hard: bool
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Traced:
    """``state`` as spoken of outside. ``primary_id``: whose turn it is, when the dispatch
    rotates; ``stay``: the relay it waits for; ``tried``: those that refused it in this round.
    """

    id: int
    email: str
    state: str
    reason: str
    due_at: datetime | None
    finished_at: datetime | None
    primary_id: UUID | None
    stay: UUID | None
    tried: frozenset[UUID]
    attempts: Sequence[TracedAttempt]
    events: Sequence[TracedEvent]


def find(session: Session, dispatch_id: UUID, address: str, *, now: datetime) -> Traced | None:
    """The delivery of a dispatch to an address (normal form), if there is one."""
    row = session.execute(
        select(Delivery, spoken_state(now)).where(
            Delivery.dispatch_id == dispatch_id, Delivery.address == address
        )
    ).first()
    if row is None:
        return None
    delivery, state = row
    attempts = _attempts(session, delivery.id)
    away = _TURNED_AWAY + (() if delivery.relay_id else _WHERE_IT_MAY_MOVE)
    return Traced(
        delivery.id,
        delivery.email,
        state,
        delivery.reason,
        delivery.due_at if delivery.state == "queued" else None,
        delivery.finished_at,
        delivery.primary_id,
        delivery.relay_id,
        frozenset(
            one.relay_id for one in attempts if one.round == delivery.round and one.outcome in away
        ),
        attempts,
        _events(session, delivery.id),
    )


def _attempts(session: Session, delivery_id: int) -> list[TracedAttempt]:
    rows: Any = session.execute(
        select(
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
        .where(Attempt.delivery_id == delivery_id)
        .order_by(Attempt.id)
    )
    return [TracedAttempt(*row) for row in rows]


def _events(session: Session, delivery_id: int) -> list[TracedEvent]:
    rows: Any = session.execute(
        select(Event.kind, Event.hard, Event.words, Event.heard_at)
        .where(Event.delivery_id == delivery_id)
        .order_by(Event.id)
    )
    return [TracedEvent(*row) for row in rows]
