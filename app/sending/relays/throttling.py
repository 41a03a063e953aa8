"""A relay that asks to slow down: its pace and pauses, between its row and the rules."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.rules.health import breaker
from app.rules.pace import pacing, patience
from app.rules.pace.pacing import Flow, Pace
from app.rules.replies.meaning import Verdict
from app.sending.models import Relay


@dataclass(frozen=True, slots=True)
class Step:
    """The next rise of a rate: when, and to how many messages per second."""

    at: datetime
    rate: float


@dataclass(frozen=True, slots=True)
class Throttle:
    """How a relay is held back, as people see it. ``rate`` and ``ceiling`` are messages per
    second; ``paused_until``: nothing goes before; ``why``: its own words.
    """

    rate: float
    ceiling: float
    since: datetime
    why: str
    paused_until: datetime | None
    next_step: Step | None


def throttled(relay: Relay, verdict: Verdict, own: float | None, words: str, now: datetime) -> bool:
    """It said that it is too much; whether that is a fault, because it goes on and on. ``own``: the
    rate that its settings allow. Answers to what was begun before it was slowed down say nothing
    new.
    """
    if verdict.quota:
        relay.quota_until = now + patience.for_quota(words)
    elif verdict.logins:
        if relay.quota_until is not None and relay.quota_until > now:
            return False
        relay.login_streak += 1
        relay.quota_until = now + patience.for_logins(words)
        return relay.login_streak >= breaker.LOGINS
    elif relay.pause_until is None or relay.pause_until <= now:
        relay.throttle_streak += 1
        relay.pause_until = now + patience.for_throttle(relay.throttle_streak, words)
        _slow_down(relay, own, words, now)
    return False


def _slow_down(relay: Relay, own: float | None, words: str, now: datetime) -> None:
    known = pace_of(relay)
    running = known is not None and not pacing.is_over(known, now)
    free = known.ceiling if known and running else measured(relay, now)
    put_pace(relay, pacing.slowed(known, own or free, now, words))


def rate(relay: Relay, own: float | None, now: datetime) -> float | None:
    """Messages per second now: what its settings allow (``own``), less while it is throttled."""
    pace = pace_of(relay)
    if pace is None or pacing.is_over(pace, now):
        return own
    held = pacing.rate_at(pace, now)
    return held if own is None else min(own, held)


def flowed(relay: Relay, count: int, now: datetime) -> None:
    """So many messages begin: remembered for when it says that this was too fast."""
    flow = pacing.flowed(_flow(relay), count, now)
    if (pace := pace_of(relay)) and pacing.is_over(pace, now):
        relay.pace = None
    relay.flow_messages, relay.flow_seconds, relay.flow_at = flow.messages, flow.seconds, flow.at


def view(relay: Relay, now: datetime) -> Throttle | None:
    """How it is held back, None when it is not."""
    pace = pace_of(relay)
    paused = relay.pause_until if relay.pause_until and relay.pause_until > now else None
    if pace is None or (pacing.is_over(pace, now) and paused is None):
        return None
    step = pacing.next_step(pace, now)
    return Throttle(
        pacing.rate_at(pace, now),
        pace.ceiling,
        pace.began,
        pace.why,
        paused,
        Step(*step) if step else None,
    )


def rests_until(relay: Relay, now: datetime) -> datetime | None:
    """Until when its provider wants nothing at all, None when it takes mail."""
    return relay.quota_until if relay.quota_until and relay.quota_until > now else None


def ask_now(relay: Relay) -> None:
    """A person says that it takes mail again: it is not waited for what it asked for."""
    relay.quota_until = relay.pause_until = None
    relay.throttle_streak = relay.login_streak = 0


def pace_of(relay: Relay) -> Pace | None:
    """The pace in the row."""
    return read(relay.pace) if relay.pace else None


def put_pace(relay: Relay, pace: Pace) -> None:
    """Writes it into the row."""
    relay.pace = written(pace)


def written(pace: Pace) -> dict[str, Any]:
    """A pace as JSON."""
    return {
        "rate": pace.rate,
        "ceiling": pace.ceiling,
        "since": pace.since.isoformat(),
        "began": pace.began.isoformat(),
        "why": pace.why,
    }


def read(known: dict[str, Any]) -> Pace:
    """What ``written`` wrote."""
    since, began = (datetime.fromisoformat(known[name]) for name in ("since", "began"))
    return Pace(known["rate"], known["ceiling"], since, began, known["why"])


def measured(relay: Relay, now: datetime) -> float:
    """Messages per second that went through it in the last seconds."""
    return max(pacing.measured(_flow(relay), now), pacing.RELAY_FLOOR)


def _flow(relay: Relay) -> Flow:
    return Flow(relay.flow_messages, relay.flow_seconds, relay.flow_at)
