"""Relays and the queues before them, as a forecast sees them."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.rules.forecast import Arrival, Cohort, Ship
from app.rules.health import breaker
from app.rules.pace import windows
from app.rules.pace.limits import Limits
from app.sending import ledger
from app.sending.models import Delivery, Relay
from app.sending.relays import metering, standing
from app.sending.routing.fleet import Fleet


def of_fleet(
    fleet: Fleet, zone: str, now: datetime, *, without: Collection[UUID] = ()
) -> list[Ship]:
    """Every relay of a workspace with what it used so far; ``without``: as if they were dead."""
    return [_ship(one, zone, now, one.id in without) for one in fleet.relays.values()]


def _ship(relay: Relay, zone: str, now: datetime, dead: bool) -> Ship:
    health = standing.breaker_of(relay)
    is_open = breaker.state(health, now) == "open"
    away = [health.open_until if is_open else None, relay.quota_until]
    away_until = max((one for one in away if one is not None), default=None)
    throttled = relay.pause_until is not None and relay.pause_until > now

    def allowed(moment: datetime) -> Limits:
        return metering.limits_of(relay, moment, zone)

    return Ship(
        relay.id,
        allowed,
        metering.meter_of(relay),
        relay.daily_limit,
        relay.pause_until if away_until is None and throttled else away_until,
        waited_for=away_until is None and throttled,
        dead=dead or relay.paused_at is not None,
    )


def queues(session: Session, workspace_id: UUID, fleet: Fleet, now: datetime) -> Iterable[Cohort]:
    """What other launches have waiting now, in the order in which they are asked."""
    for dispatch in ledger.open_dispatches(session, now):
        if dispatch.workspace_id != workspace_id:
            continue
        words = dispatch.sending_window
        window = windows.from_words(words) if words else None
        rows = session.execute(
            select(Delivery.primary_id, func.count())
            .where(
                Delivery.dispatch_id == dispatch.id,
                Delivery.state == "queued",
                Delivery.due_at <= now,
            )
            .group_by(Delivery.primary_id)
        )
        for share, number in rows:
            first, _ = fleet.primary(dispatch, share)
            yield Cohort(
                [one.relay_id for one in fleet.chain(dispatch, first)],
                [Arrival(now, now, number)],
                window,
                ZoneInfo(dispatch.zone),
                mine=False,
            )
