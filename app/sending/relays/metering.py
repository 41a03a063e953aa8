"""What a relay may send now, and how much of it is used: limits and meter, in its row."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.rules.pace import limits, warm_up
from app.rules.pace.warm_up import WarmUp
from app.sending.models import Relay
from app.sending.relays import throttling


def limits_of(relay: Relay, now: datetime, zone: str) -> limits.Limits:
    """The limits of today: those in the row, less while it is throttled, and of the day what the
    warm-up plan allows.
    """
    daily = relay.daily_limit
    if plan := warm_up_of(relay):
        daily = warm_up.daily(daily, plan, now.astimezone(ZoneInfo(zone)).date())
    allowed = throttling.rate(relay, rate(relay), now)
    return limits.Limits(allowed, relay.hourly_limit, daily, relay.rolling_day)


def rate(relay: Relay) -> float | None:
    """Messages per second; so many a minute are let through evenly, so that no minute, wherever
    it begins, sees more.
    """
    if relay.minute_limit is None:
        return relay.rate_per_second
    evenly = relay.minute_limit / 60
    return min(relay.rate_per_second or evenly, evenly)


def warm_up_of(relay: Relay) -> WarmUp | None:
    """The plan in the row."""
    if not relay.warm_up:
        return None
    plan = relay.warm_up
    start = date.fromisoformat(plan["start"])
    frozen = frozenset(date.fromisoformat(day) for day in relay.warm_up_frozen)
    return WarmUp(start, plan["first_day"], plan["growth"], plan["target"], frozen)


def meter_of(relay: Relay) -> limits.Meter:
    """The meter in the row."""
    return limits.Meter(
        relay.tat,
        relay.hour_start,
        relay.hour_count,
        relay.day_start,
        relay.day_count,
        tuple((start, int(count)) for start, count in relay.hours),
    )


def put_meter(relay: Relay, meter: limits.Meter) -> None:
    """Into the row."""
    relay.tat = meter.tat
    relay.hour_start, relay.hour_count = meter.hour_start, meter.hour_count
    relay.day_start, relay.day_count = meter.day_start, meter.day_count
    relay.hours = [list(hour) for hour in meter.hours]
