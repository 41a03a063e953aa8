"""Limits that are used up, or were set below what was begun: until when, and who is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.rules.pace import limits
from app.rules.pace.limits import Limits, Meter
from app.sending.guards import alarming
from app.sending.models import Relay
from app.sending.relays import metering
from app.workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Used:
    """What a relay may do now, and what it did. ``next_at``: None while it may begin one more."""

    allowed: Limits
    meter: Meter
    next_at: datetime | None


def used(relay: Relay, now: datetime, zone: str) -> Used:
    """By the relay's limits of this hour and this day."""
    allowed, place = metering.limits_of(relay, now, zone), ZoneInfo(zone)
    meter = limits.turned(metering.meter_of(relay), now, place)
    found = limits.room(allowed, meter, now, place, 1)
    return Used(allowed, meter, found.at if found.quota else None)


def exceeded(relay: Relay, now: datetime, zone: str) -> list[str]:
    """A sentence where it began more than it may now."""
    found = used(relay, now, zone)
    day, hour = found.allowed.daily, found.allowed.hourly
    above_day = day is not None and limits.begun_today(found.allowed, found.meter) > day
    above_hour = hour is not None and found.meter.hour_count > hour
    if not found.next_at or not (above_day or above_hour):
        return []
    how = limits.used_up(found.allowed, found.meter)
    return [f"It began {how}: the next goes at {found.next_at:%Y-%m-%d %H:%M} UTC."]


@contextmanager
def watched(session: Session, relay: Relay, now: datetime) -> Iterator[None]:
    """Around a change of its settings: who lowers a limit below what was begun is told."""
    zone = session.get_one(Workspace, relay.workspace_id).timezone
    before = used(relay, now, zone)
    yield
    after = used(relay, now, zone)
    alarming.limited(relay, before.allowed, after.allowed, after.meter, after.next_at, now)
