"""When a connection is pulled next, and how long one that failed is left in peace."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from hashlib import blake2b
from typing import Any

from sync import cron

MOST_MINUTES = 60 * 24 * 31
#: Minutes of rest after the first failure; twice as many after each further one.
FIRST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(hours=6)
#: Connections of one schedule do not all start in the same second.
MOST_JITTER = timedelta(minutes=2)
MOST_CRON_JITTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Timing:
    """What is known about a connection's times.

    ``seed`` is its own; ``changed_at``: when its settings were last changed; ``is_down``: the site
    was not there the last time.
    """

    seed: bytes
    schedule: Mapping[str, Any] | None
    zone: tzinfo
    changed_at: datetime
    last_run_at: datetime | None = None
    rest_until: datetime | None = None
    is_down: bool = False


class BadSchedule(ValueError):
    """Not a schedule; the message says what is wrong."""


def check(schedule: Mapping[str, Any] | None) -> None:
    """Raises BadSchedule unless it is None, ``{"every_minutes": N}`` or ``{"cron": "..."}``."""
    if schedule is None:
        return
    if set(schedule) == {"every_minutes"}:
        minutes = schedule["every_minutes"]
        if type(minutes) is not int or not 1 <= minutes <= MOST_MINUTES:
            raise BadSchedule(f"every_minutes must be a number between 1 and {MOST_MINUTES}")
    elif set(schedule) == {"cron"} and isinstance(schedule["cron"], str):
        _check_cron(schedule["cron"])
    else:
        raise BadSchedule('must be null, {"every_minutes": N} or {"cron": "30 4 * * *"}')


def _check_cron(expression: str) -> None:
    try:
        found = cron.next_after(cron.parse(expression), datetime(2000, 1, 1, tzinfo=UTC), UTC)
    except cron.BadCron as error:
        raise BadSchedule(f"cron: {error}") from None
    if found is None:
        raise BadSchedule(f"cron: {expression!r} never comes")


def next_run(timing: Timing) -> datetime | None:
    """When the connection is due, None when never. It may lie in the past.

    A site that was not there is asked again after its rest, not first when its turn comes.
    """
    due = _planned(timing)
    if due and timing.is_down and timing.rest_until:
        return timing.rest_until
    return max(due, timing.rest_until) if due and timing.rest_until else due


def _planned(timing: Timing) -> datetime | None:
    if timing.schedule is None:
        return None
    if "every_minutes" in timing.schedule:
        if timing.last_run_at is None:
            return timing.changed_at
        every = timedelta(minutes=timing.schedule["every_minutes"])
        return timing.last_run_at + every + jitter(timing.seed, min(MOST_JITTER, every / 10))
    since = max(timing.changed_at, timing.last_run_at or timing.changed_at)
    found = cron.next_after(cron.parse(timing.schedule["cron"]), since, timing.zone)
    return found and found + jitter(timing.seed, MOST_CRON_JITTER)


def is_due(timing: Timing, now: datetime) -> bool:
    """Whether the connection should be pulled now."""
    due = next_run(timing)
    return due is not None and due <= now


def jitter(seed: bytes, most: timedelta) -> timedelta:
    """A part of ``most`` that belongs to ``seed``: always the same, different for others."""
    share: float = int.from_bytes(blake2b(seed, digest_size=4).digest()) / 2**32
    return most * share


def rest(failures: int, asked: float | None = None) -> timedelta:
    """How long to leave a site in peace after so many failures in a row.

    ``asked``: the seconds it asked for itself.
    """
    doublings: int = 2 ** min(max(failures - 1, 0), 20)
    grown = min(FIRST_REST * doublings, LONGEST_REST)
    return max(grown, timedelta(seconds=asked or 0))
