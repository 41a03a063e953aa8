"""What a sender left behind when it died, settled by what its journal proves."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.rules.health.breaker import BreakerSettings
from app.rules.replies.meaning import Reply
from app.sending.ledger.finish import Heard, finish
from app.sending.models import Attempt, Delivery, Sender
from app.sending.models.delivery import IS_BEGUN


@dataclass(frozen=True, slots=True)
class Left:
    """What became of it: numbers of attempts."""

    void: int = 0
    finished: int = 0
    unknown: int = 0


def recover(
    session: Session,
    sender_id: UUID,
    *,
    said: Collection[int] | None,
    heard: dict[int, tuple[int, str]],
    now: datetime,
    breaker: BreakerSettings,
    give_up: timedelta,
) -> Left:
    """Settles every open attempt of a dead sender and queues again what it had only claimed.

    ``said``: the attempts whose body may have been handed over, from its journal; None when no
    journal proves anything (it is missing, or of another boot): then every open attempt is
    unknown. ``heard``: final replies it had read. An attempt not in ``said`` is void: nothing
    was said.
    """
    found: list[Heard] = []
    for _ in range(2):
        # It may be alive after all, and about to commit a begin: that one is found the second time.
        left = [_end(attempt, said, heard) for attempt in _open_attempts(session, sender_id)]
        if left:
            finish(session, left, now=now, breaker=breaker, give_up=give_up)
        found += left
        _take_from(session, sender_id)
    _queue_again(session, sender_id)
    session.execute(
        update(Sender)
        .where(Sender.id == sender_id)
        .values(stopped_at=now)
        .execution_options(synchronize_session=False)
    )
    void = sum(one.reply is None for one in found)
    unknown = sum(one.reply is not None and one.reply.code is None for one in found)
    return Left(void, len(found) - void - unknown, unknown)


def put_back(
    session: Session,
    sender_id: UUID,
    *,
    in_hand: Collection[int],
    now: datetime,
    breaker: BreakerSettings,
    give_up: timedelta,
) -> None:
    """After a failed turn of a living sender: what it claimed or began, but does not have
    ``in_hand`` (ids of attempts), goes back; nothing was said of it.
    """
    left = set(_open_attempts(session, sender_id)) - set(in_hand)
    void = [Heard(attempt, None) for attempt in sorted(left)]
    finish(session, void, now=now, breaker=breaker, give_up=give_up)
    _queue_again(session, sender_id)


def _take_from(session: Session, sender_id: UUID) -> None:
    """Nothing that it has in hand begins any more: its own begin holds these rows, too."""
    held = select(Delivery.id).where(Delivery.sender_id == sender_id).order_by(Delivery.id)
    session.execute(held.with_for_update(key_share=True)).all()


def _queue_again(session: Session, sender_id: UUID) -> None:
    """What it had claimed and not begun."""
    session.execute(
        update(Delivery)
        .where(Delivery.sender_id == sender_id, Delivery.state == "claimed", ~IS_BEGUN)
        .values(state="queued", sender_id=None)
        .execution_options(synchronize_session=False)
    )


def _open_attempts(session: Session, sender_id: UUID) -> list[int]:
    return list(
        session.scalars(
            select(Attempt.id).where(Attempt.sender_id == sender_id, Attempt.outcome.is_(None))
        )
    )


def _end(attempt: int, said: Collection[int] | None, heard: dict[int, tuple[int, str]]) -> Heard:
    if attempt in heard:
        code, text = heard[attempt]
        return Heard(attempt, Reply("final_dot", code, text))
    if said is None or attempt in said:
        silence = "the sender stopped before the relay's answer was known"
        return Heard(attempt, Reply("final_dot", None, silence), counts=False)
    return Heard(attempt, None)
