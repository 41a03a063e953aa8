"""When a relay is left alone, and how it is let back: 5 faults in a row, 5 minutes, one probe."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

State = Literal["closed", "open", "probing"]

#: "Too many logins" so many times in a row, each after a rest, is a fault, and each further one.
LOGINS = 3


@dataclass(frozen=True, slots=True)
class Breaker:
    """A relay's health. ``probe``: the attempt that tries it out, None when nobody does."""

    fail_streak: int = 0
    open_until: datetime | None = None
    probe: int | None = None


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """After how many faults in a row a relay is off, and for how many seconds."""

    threshold: int = 5
    seconds: float = 300.0


def state(breaker: Breaker, now: datetime) -> State:
    """closed: anything goes; open: nothing does; probing: one message may try."""
    if breaker.open_until is None:
        return "closed"
    return "open" if now < breaker.open_until else "probing"


def heard_fault(
    breaker: Breaker, attempt: int, now: datetime, *, threshold: int, seconds: float
) -> Breaker:
    """After a provider fault. While open, faults neither count nor extend; a late one of an
    attempt that is not the probe says nothing new either.
    """
    match state(breaker, now):
        case "open":
            return breaker
        case "probing":
            if breaker.probe != attempt:
                return breaker
            return _opened(breaker.fail_streak + 1, now, seconds)
        case "closed":
            streak = breaker.fail_streak + 1
            if streak >= threshold:
                return _opened(streak, now, seconds)
            return Breaker(fail_streak=streak)


def heard_success(breaker: Breaker, attempt: int, now: datetime) -> Breaker:
    """After any answer that proves the relay works, one about the recipient included.

    An attempt begun before the breaker opened does not close it: only the probe does.
    """
    if state(breaker, now) == "closed" or breaker.probe == attempt:
        return Breaker()
    return breaker


def gave_up_probe(breaker: Breaker, attempt: int) -> Breaker:
    """The probe came back without an answer that decides: the next message may try."""
    return replace(breaker, probe=None) if breaker.probe == attempt else breaker


def _opened(streak: int, now: datetime, seconds: float) -> Breaker:
    return Breaker(fail_streak=streak, open_until=now + timedelta(seconds=seconds))
