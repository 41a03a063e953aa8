"""How many messages a key may hand in: so many at once, and as many again in a minute."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allowance:
    """``left`` of what may come at once, at ``moment`` (seconds of any clock that never jumps)."""

    left: float
    moment: float


def at(known: Allowance | None, moment: float, per_minute: int) -> Allowance:
    """What is left at ``moment``; None: nothing was handed in yet."""
    if known is None:
        return Allowance(float(per_minute), moment)
    grown = known.left + (moment - known.moment) * per_minute / 60
    return Allowance(min(float(per_minute), grown), moment)


def take(known: Allowance | None, moment: float, per_minute: int) -> Allowance | None:
    """The allowance after one more, None when there is no room for it."""
    now = at(known, moment, per_minute)
    return Allowance(now.left - 1, moment) if now.left >= 1 else None
