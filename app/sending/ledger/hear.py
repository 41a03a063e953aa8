"""What is heard of a message after its relay's reply: it arrived, came back, or was called spam."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.contacts.suppression import suppress
from app.db import insert
from app.rules.mail import message_ids
from app.sending import models
from app.sending.ledger.soft_bounces import CameBack, count
from app.sending.models import Attempt, Delivery, Dispatch


@dataclass(frozen=True, slots=True)
class Event:
    """``about``: the number of an attempt, or our Message-ID. ``hard``: of a bounce, that the
    address is never written to again; ``soft``: of one that is not, its kind. ``words``: why, as
    whoever tells it says.
    """

    kind: Literal["delivered", "delayed", "bounced", "complained"]
    about: int | str
    words: str = ""
    hard: bool = True
    soft: str = ""


def hear(session: Session, workspace_id: UUID, event: Event, *, now: datetime) -> bool:
    """Writes down what became of a message; whether it is one of this workspace.

    Settles what was unknown, or waits to be sent again: who tells of a message has it. A hard
    bounce and a complaint suppress. No relay's breaker hears of it. Safe to repeat.
    """
    row = _find(session, workspace_id, event.about)
    if row is None:
        return False
    _write_down(session, row, event, now)
    was_open = row.state in ("unknown", "queued") and _is_doubtful(session, row.id)
    if event.kind == "bounced" and (was_open or row.state == "sent"):
        _move(session, row.id, "bounced", event.words, now)
    elif was_open:
        _move(session, row.id, "sent", "", now)
    if was_open:
        _settle_attempt(session, row.id, event)
    if event.kind == "complained" or (event.kind == "bounced" and event.hard):
        suppress(session, workspace_id, [row.address], event.kind, event.words[:500], now)
    elif event.kind == "bounced" and event.soft:
        her = (workspace_id, row.id, row.contact_id, row.address)
        count(session, CameBack(*her, row.kind, event.soft, event.words[:500]), now)
    return True


def _find(session: Session, workspace_id: UUID, about: int | str) -> Any:
    query = (
        select(
            Delivery.id,
            Delivery.dispatch_id,
            Delivery.state,
            Delivery.address,
            Delivery.contact_id,
            Dispatch.kind,
        )
        .join(Dispatch, Dispatch.id == Delivery.dispatch_id)
        .where(Dispatch.workspace_id == workspace_id)
        .with_for_update(of=Delivery)
    )
    if isinstance(about, int):
        wanted = select(Attempt.delivery_id).where(Attempt.id == about)
        return session.execute(query.where(Delivery.id.in_(wanted))).first()
    named = message_ids.read(about)
    if named is None:
        return None
    ours = (Delivery.id == named[0]) & (Dispatch.id == named[1])
    return session.execute(query.where(ours)).first()


def _write_down(session: Session, row: Any, event: Event, now: datetime) -> None:
    """Once, however often it is told."""
    session.execute(
        insert(session, models.Event)
        .values(
            dispatch_id=row.dispatch_id,
            delivery_id=row.id,
            relay_id=_carrier(session, row.id, event.about),
            kind=event.kind,
            hard=event.kind == "bounced" and event.hard,
            words=event.words[:500],
            heard_at=now,
        )
        .on_conflict_do_nothing()
    )


def _carrier(session: Session, delivery_id: int, about: int | str) -> UUID | None:
    """The relay that carried the message: of the attempt that is named, else of the last one
    that may have been taken.
    """
    tries = select(Attempt.relay_id).where(Attempt.delivery_id == delivery_id)
    if isinstance(about, int):
        return session.scalar(tries.where(Attempt.id == about))
    taken = tries.where(Attempt.outcome.in_(("accepted", "unknown")))
    return session.scalar(taken.order_by(Attempt.id.desc()).limit(1))


def _is_doubtful(session: Session, delivery_id: int) -> bool:
    doubtful = select(Attempt.id).where(
        Attempt.delivery_id == delivery_id, Attempt.outcome == "unknown"
    )
    return session.execute(doubtful.limit(1)).first() is not None


def _move(session: Session, delivery_id: int, state: str, words: str, now: datetime) -> None:
    session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id)
        .values(state=state, reason=words[:500], finished_at=now)
        .execution_options(synchronize_session=False)
    )


def _settle_attempt(session: Session, delivery_id: int, event: Event) -> None:
    """The relay did take it: whoever tells of it got it from there."""
    session.execute(
        update(Attempt)
        .where(Attempt.delivery_id == delivery_id, Attempt.outcome == "unknown")
        .values(outcome="accepted", text=f"known from what was heard later: {event.kind}")
        .execution_options(synchronize_session=False)
    )
