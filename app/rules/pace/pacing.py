"""How fast a relay or a destination is asked after it said "too much": halved, then step by step
back (additive increase, multiplicative decrease), and how fast it was asked until then.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

#: The way from nothing to the ceiling: so many steps, each after so long.
STEPS = 20
STEP = timedelta(seconds=30)
#: Messages per second: a relay is never asked less often, a destination neither.
RELAY_FLOOR = 0.1
DESTINATION_FLOOR = 1 / 60
#: Sums of parts miss the whole by a hair.
_NEARLY = 1 - 1e-8
#: Seconds over which the measured rate is a mean.
_MEMORY = 10.0


@dataclass(frozen=True, slots=True)
class Pace:
    """A rate (messages per second) that was set at ``since`` and rises to the ``ceiling``.

    ``began``: when the slowing down began; ``why``: the words after which it was set.
    """

    rate: float
    ceiling: float
    since: datetime
    began: datetime
    why: str


def rate_at(pace: Pace, now: datetime) -> float:
    """The rate now."""
    steps = max(0, (now - pace.since) // STEP)
    rate = pace.rate + steps * pace.ceiling / STEPS
    return pace.ceiling if rate >= pace.ceiling * _NEARLY else rate


def is_over(pace: Pace, now: datetime) -> bool:
    """Whether the ceiling is reached, so that nothing is held back any more."""
    return rate_at(pace, now) >= pace.ceiling


def ends_at(pace: Pace) -> datetime:
    """When the ceiling is reached if nothing is said against it."""
    missing = (pace.ceiling - pace.rate) / (pace.ceiling / STEPS)
    return pace.since + STEP * math.ceil(missing - 1e-7)


def next_step(pace: Pace, now: datetime) -> tuple[datetime, float] | None:
    """When the rate rises next, and to what; None when it is over."""
    if is_over(pace, now):
        return None
    at = pace.since + STEP * (max(0, (now - pace.since) // STEP) + 1)
    return at, rate_at(pace, at)


def slowed(
    pace: Pace | None, ceiling: float, now: datetime, why: str, *, floor: float = RELAY_FLOOR
) -> Pace:
    """The pace after it was said that the current one is too much."""
    running = pace is not None and not is_over(pace, now)
    current = min(ceiling, rate_at(pace, now)) if pace and running else ceiling
    rate = max(min(floor, ceiling), current / 2)
    return Pace(rate, ceiling, now, pace.began if pace and running else now, why)


@dataclass(frozen=True, slots=True)
class Flow:
    """How fast messages went until ``at`` (epoch seconds): fading sums of them and of the time."""

    messages: float = 0.0
    seconds: float = 0.0
    at: float = 0.0


def flowed(flow: Flow, count: int, now: datetime) -> Flow:
    """The flow after ``count`` messages more; after a long silence it begins anew."""
    moment = now.timestamp()
    passed = max(0.0, moment - flow.at)
    if passed > 3 * _MEMORY:
        return Flow(count, 0.0, moment)
    kept = math.exp(-passed / _MEMORY)
    seconds = flow.seconds * kept + _MEMORY * (1 - kept)
    return Flow(flow.messages * kept + count, seconds, moment)


def measured(flow: Flow, now: datetime) -> float:
    """Messages per second, as a mean over the last seconds in which there were any."""
    faded = flowed(flow, 0, now)
    best = faded if faded.messages else flow
    return best.messages / max(1.0, best.seconds)
