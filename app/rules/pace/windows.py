"""When mail may go: on which days, from when to when, in whose time zone; safe at clock changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

#: The days as they are written, Monday first.
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Whose clock counts.
ZONES = ("workspace", "recipient")
#: A window that opens on no day within this is none.
_FAR = 8


@dataclass(frozen=True, slots=True)
class Window:
    """``days``: 0 is Monday. ``end`` None is midnight; an end before the start is on the next
    day, and the window belongs to the day on which it opens.
    """

    days: frozenset[int]
    start: time
    end: time | None
    recipient: bool = False


def from_words(words: Mapping[str, Any]) -> Window:
    """The window as it is stored: ``{"days": ["mon"], "from": "09:00", "to": "17:00", "zone":
    "workspace"}``. Raises ValueError where it never opens.
    """
    start = time.fromisoformat(words["from"])
    end = None if words["to"] == "24:00" else time.fromisoformat(words["to"])
    if start == end:
        raise ValueError("from and to are the same: then it never opens")
    days = frozenset(DAYS.index(day) for day in words["days"])
    if not days:
        raise ValueError("without a day it never opens")
    return Window(days, start, end, words["zone"] == "recipient")


def is_open(window: Window, now: datetime, zone: ZoneInfo) -> bool:
    """Whether mail may go at this moment."""
    return next_opening(window, now, zone) == now


def next_opening(window: Window, now: datetime, zone: ZoneInfo) -> datetime:
    """``now`` when it is open, else when it opens next."""
    opens, _ = next(open_times(window, now, zone))
    return opens


def open_times(
    window: Window, since: datetime, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of open time from ``since`` on, in order, without end; in UTC."""
    today = since.astimezone(zone).date() - timedelta(days=1)
    last = since.astimezone(UTC)
    while True:
        if today.weekday() in window.days:
            opens, closes = _stretch(window, today, zone)
            opens = max(opens, last)
            if opens < closes:
                last = closes
                yield opens, closes
        today += timedelta(days=1)


def _stretch(window: Window, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """On the day of a clock change: a time that is skipped is as late as it would have been, of
    one that comes twice the window has both.
    """
    opens = datetime.combine(day, window.start, zone)
    over = window.end is None or window.end <= window.start
    ends = datetime.combine(day + timedelta(days=over), window.end or time(), zone)
    return opens.astimezone(UTC), ends.replace(fold=1).astimezone(UTC)
