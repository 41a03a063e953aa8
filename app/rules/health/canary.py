"""A campaign that sends to a few first, and looks how they fare before it goes on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from app.rules.health import guards
from app.rules.health.guards import Figures

#: From which shares of the canaries on a campaign halts itself, unless it says others.
LIMITS: Mapping[str, float] = {
    "bounce": 0.05,
    "complaint": 0.003,
    "deferral": 0.2,
    "unknown": 0.02,
}
#: Where a canary can be.
TESTING, PASSED, HALTED = STATES = ("testing", "passed", "halted")
WAIT_MINUTES = 30


@dataclass(frozen=True, slots=True)
class Canary:
    """``share`` of the audience or ``count`` of it go first; then it is waited for ``wait``."""

    share: float | None
    count: int | None
    wait: timedelta
    limits: Mapping[str, float]

    def size(self, audience: int) -> int:
        """How many of an audience go first; at least one."""
        wanted = self.count if self.count is not None else ceil((self.share or 0) * audience)
        return max(1, min(wanted, audience))


def from_words(words: Mapping[str, Any]) -> Canary:
    """As it is stored: ``{"share": 0.05, "wait_minutes": 30, "limits": {"bounce": 0.05}}``."""
    return Canary(
        words.get("share"),
        words.get("count"),
        timedelta(minutes=words["wait_minutes"]),
        {**LIMITS, **words.get("limits", {})},
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """``waiting``: canaries that still have to be sent; ``quiet_since``: the last of them ended."""

    size: int
    waiting: int
    figures: Figures
    quiet_since: datetime | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where the canary is now; ``goes_on_at``: when it is looked at, if that is known."""

    state: str
    why: str
    goes_on_at: datetime | None = None


def judge(canary: Canary, seen: Seen, now: datetime) -> Verdict:
    """Halts as soon as it is sure to be too bad; goes on when all were sent and time has passed."""
    if why := _too_bad(canary, seen):
        return Verdict(HALTED, why)
    if seen.waiting or seen.quiet_since is None:
        return Verdict(TESTING, f"{seen.waiting} of {seen.size} are still to be sent")
    goes_on_at = seen.quiet_since + canary.wait
    if now < goes_on_at:
        return Verdict(TESTING, "all were sent; it is waited for what comes back", goes_on_at)
    return Verdict(PASSED, "nothing bad was heard of those who got it first")


def _too_bad(canary: Canary, seen: Seen) -> str:
    """While some are still to be sent, of all of them; then of those that were answered."""
    for name, rate in guards.rates(seen.figures).items():
        whole = max(rate.whole, seen.size) if seen.waiting else rate.whole
        measured = guards.Rate(rate.part, whole)
        if rate.part and measured.share >= canary.limits[name]:
            return guards.told(name, measured, canary.limits[name])
    return ""


def due_by(words: Mapping[str, Any] | None, now: datetime) -> datetime:
    """What is due by then may be claimed: while it is tested, only the canaries."""
    if not words or words["state"] != TESTING:
        return now
    return min(now, rest_from(words) - timedelta(microseconds=1))


def rest_from(words: Mapping[str, Any]) -> datetime:
    """When those who are no canaries are due, as it was planned at the launch."""
    return datetime.fromisoformat(words["rest_from"])
