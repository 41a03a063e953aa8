"""How much a new relay may send on which day, until its provider knows it."""

from dataclasses import dataclass
from datetime import date

#: What a plan is when nothing else is said: doubled each day.
FIRST, GROWTH = 50, 2.0
#: Slower, it would hardly end.
LEAST_GROWTH, MOST_GROWTH = 1.05, 10.0


@dataclass(frozen=True, slots=True)
class WarmUp:
    """A plan: ``first`` mails on the day ``start``, each day ``growth`` times as many, until
    ``target`` is reached; then the plan is over. After a day in ``frozen`` it does not grow.
    """

    start: date
    first: int
    growth: float
    target: int
    frozen: frozenset[date] = frozenset()


def day_number(plan: WarmUp, today: date) -> int:
    """1 on the first day; 0 or less before it."""
    return (today - plan.start).days + 1


def cap(plan: WarmUp, today: date) -> int | None:
    """The most for today; 0 before the first day, None when the plan is over."""
    day = day_number(plan, today)
    if day < 1:
        return 0
    allowed = float(plan.first)
    standing = sum(plan.start <= one < today for one in plan.frozen)
    for _ in range(day - 1 - standing):
        allowed *= plan.growth
        if allowed >= plan.target:
            return None
    return int(allowed) if allowed < plan.target else None


def daily(limit: int | None, plan: WarmUp | None, today: date) -> int | None:
    """The day's limit: the smaller one of the relay's own and the plan's; None is no limit."""
    capped = cap(plan, today) if plan is not None else None
    known = [one for one in (limit, capped) if one is not None]
    return min(known) if known else None
