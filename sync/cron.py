"""Five-field cron expressions: when the next time is, in a time zone with its odd hours."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}
#: Leap days may be eight years apart.
_LOOK_AHEAD = timedelta(days=8 * 366)


class BadCron(ValueError):
    """Not a cron expression; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed expression: the values that fit. Days of the week count from Sunday = 0.

    ``either_day``: both kinds of day are restricted, so one of them that fits is enough.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    def fits(self, day: date) -> bool:
        """Whether something happens on ``day``."""
        if day.month not in self.months:
            return False
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return in_month or in_week if self.either_day else in_month and in_week


def parse(expression: str) -> Cron:
    """``minute hour day month weekday``, with lists, ranges, steps and names. Raises BadCron."""
    text = expression.strip().lower()
    parts = _NAMED.get(text, text).split()
    if len(parts) != 5:
        raise BadCron('must have five fields: minute hour day month weekday, as in "30 4 * * 1-5"')
    weekdays = _field(parts[4], "weekday", 0, 7, _DAYS, 0)
    return Cron(
        _field(parts[0], "minute", 0, 59),
        _field(parts[1], "hour", 0, 23),
        _field(parts[2], "day", 1, 31),
        _field(parts[3], "month", 1, 12, _MONTHS, 1),
        frozenset(number % 7 for number in weekdays),
        either_day=not parts[2].startswith("*") and not parts[4].startswith("*"),
    )


def next_after(cron: Cron, moment: datetime, zone: tzinfo) -> datetime | None:
    """The first time after ``moment`` (in UTC), None when there is none in eight years.

    A local time that does not exist (spring) is an hour later; one that comes twice (autumn)
    counts once.
    """
    first = moment.astimezone(zone).date()
    day = first
    while day - first < _LOOK_AHEAD:
        if cron.fits(day):
            for clock_time in _times(cron):
                found = datetime.combine(day, clock_time, zone).astimezone(UTC)
                if found > moment:
                    return found
        day += timedelta(days=1)
    return None


def _times(cron: Cron) -> Iterator[time]:
    for hour in sorted(cron.hours):
        for minute in sorted(cron.minutes):
            yield time(hour, minute)


def _field(
    text: str, name: str, low: int, high: int, names: list[str] | None = None, base: int = 0
) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"(\*|(\w+)(?:-(\w+))?)(?:/(\d{1,3}))?", part)
        if not match:
            raise BadCron(f"{name}: {part!r} is not understood")
        whole, first, last, step = match.groups()
        start = low if whole == "*" else _number(first, name, low, high, names or [], base)
        end = high if whole == "*" or (step and not last) else start
        if last:
            end = _number(last, name, low, high, names or [], base)
        if start > end or step == "0":
            raise BadCron(f"{name}: {part!r} holds nothing")
        found.update(range(start, end + 1, int(step or 1)))
    return frozenset(found)


def _number(text: str, name: str, low: int, high: int, names: list[str], base: int) -> int:
    value = names.index(text) + base if text in names else int(text) if text.isdecimal() else -1
    if not low <= value <= high:
        raise BadCron(f"{name}: {text!r} is not between {low} and {high}")
    return value
