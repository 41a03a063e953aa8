"""Relays between their rows and the rules: health, limits, and what was heard of them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from app.rules import email_address
from app.rules.health import breaker
from app.rules.health.breaker import BreakerSettings
from app.rules.pace import limits
from app.rules.replies.meaning import Verdict
from app.rules.routing import lane_shares
from app.rules.routing.chain import Candidate
from app.sending.guards import alarming
from app.sending.letters import names
from app.sending.models import Relay
from app.sending.relays import metering, throttling
from app.statements.many import among
from app.statements.ready import Asking
from app.workspaces.models import Workspace

#: Verdicts that prove that a relay works, whatever they say about the message.
_WORKS = ("accepted", "bounced", "rejected", "deferred", "blocked")
#: A relay that a person or a guard paused is looked at again after this.
_PAUSED = timedelta(seconds=5)


# Made once: making a statement costs more than running it, and these run with every wave.
_OF_WORKSPACE = (
    select(Relay)
    .where(Relay.workspace_id == bindparam("workspace"))
    .order_by(Relay.failover_priority, Relay.id)
)
_LOCK = (
    select(Relay)
    .where(among(Relay.id, "relays"))
    .order_by(Relay.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)
#: The opposite of ``is_well`` and of what ``distrust.trust`` and a slower relay leave as it is.
_RESTLESS = Asking(
    select(Relay.id).where(
        among(Relay.id, "relays"),
        or_(
            Relay.fail_streak != 0,
            Relay.throttle_streak != 0,
            Relay.login_streak != 0,
            Relay.open_until.is_not(None),
            Relay.probe_attempt.is_not(None),
            Relay.slowed_until.is_not(None),
            Relay.distrusted_since.is_not(None),
            Relay.refusals != [],
        ),
    )
)
_ZONES = Asking(select(Workspace.id, Workspace.timezone).where(among(Workspace.id, "workspaces")))


def of_workspace(session: Session, workspace_id: UUID) -> list[Relay]:
    """Every relay of a workspace in the order of the chain."""
    return list(session.scalars(_OF_WORKSPACE, {"workspace": workspace_id}))


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
        names.names(relay),
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
        said = "too many logins" if relay.login_streak else "the quota is used up"
        return 0, relay.quota_until, True, f"its provider says: {said}"
    if relay.pause_until is not None and relay.pause_until > now:
        return 0, relay.pause_until, False, "its provider asked to slow down"
    if free <= 0:
        return 0, now + timedelta(milliseconds=200), False, "busy"
    whole = metering.limits_of(relay, now, zone)
    allowed = lane_shares.left_to_campaigns(whole) if kept else whole
    meter = metering.meter_of(relay)
    found = limits.room(allowed, meter, now, ZoneInfo(zone), free)
    if found.quota:
        meter = limits.turned(meter, now, ZoneInfo(zone))
        of_campaigns = f"{limits.used_up(allowed, meter)}, the rest is kept for messages"
        how = limits.used_up(whole, meter) or of_campaigns
        return 0, found.at, True, f"its limit is used up ({how})"
    return found.now, found.at, False, "" if found.now else "at its rate"


def lock(session: Session, relay_ids: Iterable[UUID]) -> dict[UUID, Relay]:
    """The rows, locked until the commit, always in the order of their ids (no deadlocks)."""
    wanted = list(set(relay_ids))
    rows = session.scalars(_LOCK, {"relays": wanted}) if wanted else ()
    return {relay.id: relay for relay in rows}


def at_ease(session: Session, relay_ids: Iterable[UUID]) -> bool:
    """Whether nothing would change in any of these relays by hearing that they took a mail. It
    waits for nobody: what another sender is just writing about them comes after that.
    """
    return not _RESTLESS.is_any(session, {"relays": list(relay_ids)})


def zones(session: Session, relays: Mapping[UUID, Relay]) -> dict[UUID, str]:
    """The time zone of each relay's workspace."""
    wanted = list({relay.workspace_id for relay in relays.values()})
    by_workspace: dict[UUID, str] = dict(_ZONES.all(session, {"workspaces": wanted}))
    return {key: by_workspace[relay.workspace_id] for key, relay in relays.items()}


def take(relay: Relay, count: int, now: datetime, zone: str) -> None:
    """``count`` messages begin on this relay."""
    allowed = metering.limits_of(relay, now, zone)
    meter = limits.take(allowed, metering.meter_of(relay), now, ZoneInfo(zone), count)
    metering.put_meter(relay, meter)
    alarming.taken(relay, allowed, meter, count, now)
    throttling.flowed(relay, count, now)


def heard_nothing(relay: Relay, attempt: int, now: datetime) -> None:
    """An attempt was void: nothing was said, so it costs nothing."""
    rate = limits.Limits(rate=throttling.rate(relay, metering.rate(relay), now))
    metering.put_meter(relay, limits.give_back(rate, metering.meter_of(relay), 1))
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
        if throttling.throttled(relay, verdict, metering.rate(relay), words, now):
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
