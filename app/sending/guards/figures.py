"""The figures that guards look at: of a dispatch since its launch, of a relay on this day."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.rules.health.guards import Figures
from app.rules.pace import limits
from app.sending.models import Attempt, Delivery, Event, Relay
from app.sending.relays import metering

#: The condition of the index by which they are found: what was accepted is not in it.
_NOT_ACCEPTED = text("attempt.outcome <> 'accepted'")


def of_dispatch(session: Session, dispatch_id: UUID) -> Figures:
    """Since the launch. Each count reads a part of an index."""
    mine = Delivery.dispatch_id == dispatch_id

    def count(*which: Any) -> int:
        return session.scalar(select(func.count()).where(mine, *which)) or 0

    complained = select(func.count(func.distinct(Event.delivery_id))).where(
        Event.dispatch_id == dispatch_id, Event.kind == "complained"
    )
    return Figures(
        accepted=count(Delivery.state == "sent"),
        bounced=count(Delivery.state == "bounced"),
        deferred=count(text("state = 'queued' AND tries > 0"), Delivery.relay_id.is_not(None)),
        complained=session.scalar(complained) or 0,
        unknown=count(Delivery.state == "unknown"),
    )


def of_relay(
    session: Session, relay: Relay, zone: str, now: datetime, *, without: Collection[UUID] = ()
) -> Figures:
    """On this day of the workspace. ``without``: dispatches that are left out, because they were
    stopped already.
    """
    start = day_start(now, zone)
    told = _told(session, relay.id, start)
    heard = _heard(session, relay.id, start)
    left_out = {one for one, _ in [*told, *heard] if one in without}
    begun = limits.turned(metering.meter_of(relay), now, ZoneInfo(zone)).day_count
    others = sum(number for (_, outcome), number in told.items() if outcome != "void")
    accepted = begun - others - _accepted(session, relay.id, left_out, start)

    def total(found: Counter[tuple[UUID, str]], word: str) -> int:
        return sum(n for (one, said), n in found.items() if said == word and one not in left_out)

    return Figures(
        accepted=max(0, accepted - total(heard, "bounced")),
        bounced=total(told, "bounced") + total(heard, "bounced"),
        deferred=total(told, "deferred"),
        complained=total(heard, "complained"),
        unknown=total(told, "unknown"),
    )


def day_start(now: datetime, zone: str) -> datetime:
    """The beginning of this day in a time zone."""
    local = now.astimezone(ZoneInfo(zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def _told(session: Session, relay_id: UUID, start: datetime) -> Counter[tuple[UUID, str]]:
    rows = session.execute(
        select(Delivery.dispatch_id, Attempt.outcome, func.count())
        .join(Delivery, Delivery.id == Attempt.delivery_id)
        .where(Attempt.relay_id == relay_id, Attempt.finished_at >= start, _NOT_ACCEPTED)
        .group_by(Delivery.dispatch_id, Attempt.outcome)
    )
    return Counter({(dispatch, outcome or ""): number for dispatch, outcome, number in rows})


def _heard(session: Session, relay_id: UUID, start: datetime) -> Counter[tuple[UUID, str]]:
    """Soft bounces are no reason for anything."""
    rows = session.execute(
        select(Event.dispatch_id, Event.kind, func.count(func.distinct(Event.delivery_id)))
        .where(
            Event.relay_id == relay_id,
            Event.heard_at >= start,
            (Event.kind == "complained") | ((Event.kind == "bounced") & Event.hard),
        )
        .group_by(Event.dispatch_id, Event.kind)
    )
    return Counter({(dispatch, kind): number for dispatch, kind, number in rows})


def _accepted(
    session: Session, relay_id: UUID, dispatches: Collection[UUID], start: datetime
) -> int:
    if not dispatches:
        return 0
    taken = (
        select(func.count())
        .select_from(Attempt)
        .join(Delivery, Delivery.id == Attempt.delivery_id)
        .where(
            Delivery.dispatch_id.in_(dispatches),
            Attempt.relay_id == relay_id,
            Attempt.outcome == "accepted",
            Attempt.finished_at >= start,
        )
    )
    return session.scalar(taken) or 0
