"""One delivery with all that happened to it: its tries, and what was heard of it later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.sending.ledger.balance import spoken_state
from app.sending.models import Delivery
from app.sending.traces import attempts
from app.sending.traces.attempts import HeardLater, Tried

#: Outcomes after which a relay is not asked again in the same round; "blocked" is one where the
#: mail may move to another relay, and then no relay is set that it must stay on.
_TURNED_AWAY, _WHERE_IT_MAY_MOVE = ("refused", "unauthorized"), ("blocked",)


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
    attempts: Sequence[Tried]
    events: Sequence[HeardLater]


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
    tries = attempts.of(session, [delivery.id], void=True).get(delivery.id, [])
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
            one.relay_id for one in tries if one.round == delivery.round and one.outcome in away
        ),
        tries,
        attempts.heard_later(session, delivery.id),
    )
