"""Relays between their rows and the rules: health, limits, and what was heard of them."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.rules import breaker, email_address, lane_shares, limits, warm_up
from app.rules.breaker import BreakerSettings
from app.rules.replies import Verdict
from app.rules.routing import Candidate
from app.rules.warm_up import WarmUp
from app.sending import alarming, throttling, verified
from app.sending.models import Relay
from app.workspaces.models import Workspace

#: Verdicts that prove that a relay works, whatever they say about the message.
_WORKS = ("accepted", "bounced", "rejected", "deferred", "blocked")
#: A relay that a person or a guard paused is looked at again after this.
_PAUSED = timedelta(seconds=5)


def of_workspace(session: Session, workspace_id: UUID) -> list[Relay]:
    """Every relay of a workspace in the order of the chain."""
    return list(
        session.scalars(
            select(Relay)
            .where(Relay.workspace_id == workspace_id)
            .order_by(Relay.failover_priority, Relay.id)
        )
    )


def candidate(
    relay: Relay, now: datetime, zone: str, free: int, *, kept: bool = False
) -> Candidate:
    """The relay as routing sees it; ``free``: how many messages its lane takes now; ``kept``:
    some of its limits is not for campaigns, and a campaign asks.
    """
    room, at, away, why = _room(relay, now, zone, free, kept)
    return Candidate(
        relay.id,
        relay.failover_priority,
        relay.exclude_from_failover,
        relay.enabled,
        room,
        at,
        away,
        f"{relay.name}: {why}" if why else "",
        sender_address(relay.from_email),
        relay.stream,
        verified.names(relay),
    )


@lru_cache(maxsize=1024)
def sender_address(email: str) -> str:
    """A From address in the one spelling in which two can be compared."""
    parsed = email_address.parse(email)
    return parsed.address if parsed else email


def _room(
    relay: Relay, now: datetime, zone: str, free: int, kept: bool
) -> tuple[int, datetime | None, bool, str]:
    if relay.paused_at is not None:
        return 0, now + _PAUSED, True, f"paused: {relay.paused_reason}"
    health = breaker_of(relay)
    match breaker.state(health, now):
        case "open":
            return 0, health.open_until, True, "disabled after repeated faults"
        case "probing" if health.probe is not None:
            return 0, now + timedelta(seconds=1), True, "being tried out with one message"
        case "probing":
            free = min(free, 1)
        case _:
            pass
    if relay.quota_until is not None and relay.quota_until > now:
        return 0, relay.quota_until, True, "its provider says that the quota is used up"
    if relay.pause_until is not None and relay.pause_until > now:
        return 0, relay.pause_until, False, "its provider asked to slow down"
    if free <= 0:
        return 0, now + timedelta(milliseconds=200), False, "busy"
    allowed = limits_of(relay, now, zone)
    allowed = lane_shares.left_to_campaigns(allowed) if kept else allowed
    found = limits.room(allowed, meter_of(relay), now, ZoneInfo(zone), free)
    why = "" if found.now else ("its limit is used up" if found.quota else "at its rate")
    return found.now, found.at, found.quota, why


def lock(session: Session, relay_ids: Iterable[UUID]) -> dict[UUID, Relay]:
    """The rows, locked until the commit, always in the order of their ids (no deadlocks)."""
    rows = session.scalars(
        select(Relay)
        .where(Relay.id.in_(set(relay_ids)))
        .order_by(Relay.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {relay.id: relay for relay in rows}


def zones(session: Session, relays: Mapping[UUID, Relay]) -> dict[UUID, str]:
    """The time zone of each relay's workspace."""
    wanted = {relay.workspace_id for relay in relays.values()}
    rows = session.execute(select(Workspace.id, Workspace.timezone).where(Workspace.id.in_(wanted)))
    by_workspace = dict(rows.all())
    return {key: by_workspace[relay.workspace_id] for key, relay in relays.items()}


def take(relay: Relay, count: int, now: datetime, zone: str) -> None:
    """``count`` messages begin on this relay."""
    allowed = limits_of(relay, now, zone)
    meter = limits.take(allowed, meter_of(relay), now, ZoneInfo(zone), count)
    _put_meter(relay, meter)
    alarming.taken(relay, allowed, meter, count, now)
    throttling.flowed(relay, count, now)


def heard_nothing(relay: Relay, attempt: int, now: datetime) -> None:
    """An attempt was void: nothing was said, so it costs nothing."""
    rate = limits.Limits(rate=throttling.rate(relay, _rate(relay), now))
    _put_meter(relay, limits.give_back(rate, meter_of(relay), 1))
    _put_breaker(relay, breaker.gave_up_probe(breaker_of(relay), attempt))


def is_well(relay: Relay) -> bool:
    """Whether nothing would change by hearing that it works."""
    streaks = relay.fail_streak or relay.throttle_streak or relay.login_streak
    return not streaks and relay.open_until is None


def heard(
    relay: Relay,
    attempt: int,
    verdict: Verdict,
    *,
    fault: bool,
    words: str,
    now: datetime,
    settings: BreakerSettings,
) -> None:
    """An attempt was answered as ``verdict``; ``fault``: it counts against the breaker."""
    before = health = breaker_of(relay)
    if verdict.outcome == "throttled" and verdict.whom == "relay":
        if throttling.throttled(relay, verdict, _rate(relay), words, now):
            health = _faulted(relay, attempt, words, now, settings)
        else:
            health = breaker.gave_up_probe(health, attempt)
        if verdict.quota and relay.quota_until is not None:
            alarming.quota_used_up(relay, relay.quota_until, words, now)
    elif verdict.outcome in _WORKS or verdict.whom == "destination":
        health = breaker.heard_success(health, attempt, now)
        if relay.throttle_streak or relay.login_streak:
            relay.throttle_streak = relay.login_streak = 0
    elif fault:
        health = _faulted(relay, attempt, words, now, settings)
    else:
        health = breaker.gave_up_probe(health, attempt)
    if health != before:
        _put_breaker(relay, health)
        alarming.breaker_moved(relay, before, health, now)


def _faulted(
    relay: Relay, attempt: int, words: str, now: datetime, settings: BreakerSettings
) -> breaker.Breaker:
    relay.last_fault, relay.last_fault_at = words, now
    if alarming.is_login_refused(words):
        alarming.login_refused(relay, words, now)
    return breaker.heard_fault(
        breaker_of(relay), attempt, now, threshold=settings.threshold, seconds=settings.seconds
    )


def breaker_of(relay: Relay) -> breaker.Breaker:
    """The breaker in the row."""
    return breaker.Breaker(relay.fail_streak, relay.open_until, relay.probe_attempt)


def _put_breaker(relay: Relay, health: breaker.Breaker) -> None:
    relay.fail_streak = health.fail_streak
    relay.open_until = health.open_until
    relay.probe_attempt = health.probe


def set_probe(relay: Relay, attempt: int) -> None:
    """This attempt tries the relay out."""
    relay.probe_attempt = attempt


def limits_of(relay: Relay, now: datetime, zone: str) -> limits.Limits:
    """The limits of today: those in the row, less while it is throttled, and of the day what the
    warm-up plan allows.
    """
    daily = relay.daily_limit
    if plan := warm_up_of(relay):
        daily = warm_up.daily(daily, plan, now.astimezone(ZoneInfo(zone)).date())
    rate = throttling.rate(relay, _rate(relay), now)
    return limits.Limits(rate, relay.hourly_limit, daily, relay.rolling_day)


def _rate(relay: Relay) -> float | None:
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


def _put_meter(relay: Relay, meter: limits.Meter) -> None:
    relay.tat = meter.tat
    relay.hour_start, relay.hour_count = meter.hour_start, meter.hour_count
    relay.day_start, relay.day_count = meter.day_start, meter.day_count
    relay.hours = [list(hour) for hour in meter.hours]
