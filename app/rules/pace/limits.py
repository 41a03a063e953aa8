"""How much a relay may send: a rate by GCRA, calendar hours and days in the workspace's zone, or
the last 24 hours where a provider counts so.
"""

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed; None is no limit. ``rate`` is messages per second. ``rolling``: ``daily``
    counts for any 24 hours, not for a calendar day.
    """

    rate: float | None = None
    hourly: int | None = None
    daily: int | None = None
    rolling: bool = False


@dataclass(frozen=True, slots=True)
class Meter:
    """What was used. ``tat``: GCRA's theoretical arrival time; starts and it in epoch seconds.
    ``hours``: (start, count) of each hour of the last 24, oldest first; kept for rolling days.
    """

    tat: float = 0.0
    hour_start: float = 0.0
    hour_count: int = 0
    day_start: float = 0.0
    day_count: int = 0
    hours: tuple[tuple[float, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Room:
    """``now``: how many may go at this moment. When none: ``at`` is when to ask again, and
    ``quota`` says whether an hour or a day is used up (go elsewhere) or just the rate (wait).
    """

    now: int
    at: datetime | None = None
    quota: bool = False


def room(limits: Limits, meter: Meter, now: datetime, zone: ZoneInfo, most: int) -> Room:
    """How many of ``most`` messages may be begun now."""
    meter = turned(meter, now, zone)
    today = begun_today(limits, meter)
    if _is_full(today, limits.daily):
        return Room(0, _day_over(limits, meter, now, zone), quota=True)
    if _is_full(meter.hour_count, limits.hourly):
        return Room(0, _next_hour(now, zone), quota=True)
    for limit, used in ((limits.daily, today), (limits.hourly, meter.hour_count)):
        if limit is not None:
            most = min(most, limit - used)
    if limits.rate is None:
        return Room(most)
    spare = now.timestamp() + _tolerance(limits.rate) - max(meter.tat, now.timestamp())
    allowed = math.floor(spare * limits.rate + 1 + 1e-6)
    if allowed > 0:
        return Room(min(most, allowed))
    wait = (1 - (spare * limits.rate + 1)) / limits.rate
    return Room(0, now + timedelta(seconds=wait))


def take(limits: Limits, meter: Meter, now: datetime, zone: ZoneInfo, count: int) -> Meter:
    """The meter after ``count`` messages were begun."""
    meter = turned(meter, now, zone)
    tat = meter.tat
    if limits.rate is not None:
        tat = max(tat, now.timestamp()) + count / limits.rate
    return replace(
        meter,
        tat=tat,
        hour_count=meter.hour_count + count,
        day_count=meter.day_count + count,
        hours=_added(meter, count) if limits.rolling else (),
    )


def used_up(limits: Limits, meter: Meter) -> str:
    """The limit that is used up: "300 of 200 today"; "" for none. ``meter`` was turned."""
    day = "in 24 hours" if limits.rolling else "today"
    uses = (
        (begun_today(limits, meter), limits.daily, day),
        (meter.hour_count, limits.hourly, "this hour"),
    )
    found = (f"{used} of {most} {span}" for used, most, span in uses if _is_full(used, most))
    return next(found, "")


def _is_full(used: int, most: int | None) -> bool:
    return most is not None and used >= most


def give_back(limits: Limits, meter: Meter, count: int) -> Meter:
    """The meter after ``count`` begun messages turned out not to have been said at all."""
    tat = meter.tat - count / limits.rate if limits.rate is not None else meter.tat
    return replace(
        meter,
        tat=tat,
        hour_count=max(0, meter.hour_count - count),
        day_count=max(0, meter.day_count - count),
        hours=_taken_off(meter.hours, count),
    )


def begun_today(limits: Limits, meter: Meter) -> int:
    """How many count against the daily limit; ``meter`` was turned."""
    return sum(count for _, count in _rolling(meter)) if limits.rolling else meter.day_count


def turned(meter: Meter, now: datetime, zone: ZoneInfo) -> Meter:
    """The meter with windows that are over started afresh."""
    hour, day = _hour(now, zone).timestamp(), _day(now, zone).timestamp()
    if meter.hour_start != hour:
        meter = replace(meter, hour_start=hour, hour_count=0)
    if meter.day_start != day:
        meter = replace(meter, day_start=day, day_count=0)
    old = now.timestamp() - 3600 - _DAY
    return replace(meter, hours=tuple(one for one in meter.hours if one[0] > old))


def _rolling(meter: Meter) -> tuple[tuple[float, int], ...]:
    """The hours; where none were kept yet, as if all of the calendar day had been begun now."""
    if meter.hours or not meter.day_count:
        return meter.hours
    return ((meter.hour_start, meter.day_count),)


def _added(meter: Meter, count: int) -> tuple[tuple[float, int], ...]:
    hours = _rolling(meter)
    if hours and hours[-1][0] == meter.hour_start:
        return (*hours[:-1], (meter.hour_start, hours[-1][1] + count))
    return (*hours, (meter.hour_start, count))


def _taken_off(hours: tuple[tuple[float, int], ...], count: int) -> tuple[tuple[float, int], ...]:
    if not hours:
        return hours
    return (*hours[:-1], (hours[-1][0], max(0, hours[-1][1] - count)))


def _day_over(limits: Limits, meter: Meter, now: datetime, zone: ZoneInfo) -> datetime:
    """When the day's limit has room again. An hour is forgotten as a whole, 24 hours after its
    end: never too early. Where the limit was lowered, so many hours as it takes.
    """
    if not limits.rolling:
        return _next_day(now, zone)
    left, last = begun_today(limits, meter), now.timestamp()
    for start, count in _rolling(meter):
        left, last = left - count, start
        if not _is_full(left, limits.daily):
            break
    return now + timedelta(seconds=last + 3600 + _DAY - now.timestamp())


def _tolerance(rate: float) -> float:
    """Seconds of burst: a tenth of a second's worth, so that small waves do not stutter."""
    return max(0.0, (math.floor(rate / 10) - 1) / rate)


def _hour(now: datetime, zone: ZoneInfo) -> datetime:
    return now.astimezone(zone).replace(minute=0, second=0, microsecond=0)


def _day(now: datetime, zone: ZoneInfo) -> datetime:
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def _next_hour(now: datetime, zone: ZoneInfo) -> datetime:
    return now + timedelta(seconds=_hour(now, zone).timestamp() + 3600 - now.timestamp())


def _next_day(now: datetime, zone: ZoneInfo) -> datetime:
    local = now.astimezone(zone)
    start = datetime(local.year, local.month, local.day, tzinfo=zone) + timedelta(days=1)
    return now + timedelta(seconds=start.timestamp() - now.timestamp())
