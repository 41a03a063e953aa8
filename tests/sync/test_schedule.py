"""When a connection is due: intervals, cron in a time zone, jitter, rest."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import cron, schedule
from sync.schedule import BadSchedule, Timing

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)  # a Sunday


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("* * * * *", "2026-11-22T12:00", "2026-11-22T12:01"),
        ("*/15 * * * *", "2026-11-22T12:00", "2026-11-22T12:15"),
        ("30 4 * * *", "2026-11-22T12:00", "2026-11-23T04:30"),
        ("0 0 1 * *", "2026-11-22T12:00", "2026-12-01T00:00"),
        ("0 0 * * 0", "2026-11-22T12:00", "2026-11-29T00:00"),
        ("0 0 * * 7", "2026-11-22T12:00", "2026-11-29T00:00"),
        ("0 0 * * sun", "2026-11-22T12:00", "2026-11-29T00:00"),
        ("0 0 * * mon-fri", "2026-11-22T12:00", "2026-11-23T00:00"),
        ("0 0 * * 1,3", "2026-11-23T00:00", "2026-11-25T00:00"),
        ("0 9-17/4 * * *", "2026-11-22T12:00", "2026-11-22T13:00"),
        ("5/20 12 * * *", "2026-11-22T12:00", "2026-11-22T12:05"),
        ("0 0 13 * 5", "2026-11-22T12:00", "2026-11-27T00:00"),  # a 13th or a Friday
        ("0 0 29 2 *", "2026-11-22T12:00", "2028-02-29T00:00"),
        ("0 0 1 jan *", "2026-11-22T12:00", "2027-01-01T00:00"),
        ("@daily", "2026-11-22T12:00", "2026-11-23T00:00"),
        ("@hourly", "2026-11-22T12:30", "2026-11-22T13:00"),
    ],
)
def test_cron(expression: str, after: str, expected: str) -> None:
    assert cron.next_after(cron.parse(expression), at(after), UTC) == at(expected)


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("30 4 * * *", "2026-11-22T12:00", "2026-11-23T03:30"),  # winter: an hour ahead
        ("30 4 * * *", "2026-07-01T12:00", "2026-07-02T02:30"),  # summer: two
        ("30 2 * * *", "2026-03-28T12:00", "2026-03-29T01:30"),  # 02:30 does not exist: 03:30
        ("30 2 * * *", "2026-10-24T12:00", "2026-10-25T00:30"),  # 02:30 comes twice: the first
        ("30 2 * * *", "2026-10-25T00:30", "2026-10-26T01:30"),
    ],
)
def test_cron_in_a_zone_with_summer_time(expression: str, after: str, expected: str) -> None:
    assert cron.next_after(cron.parse(expression), at(after), BERLIN) == at(expected)


@given(
    st.sampled_from(["* * * * *", "7 3 * * *", "0 0 1 * 1", "*/20 22-23 * 6-8 *"]),
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
    st.sampled_from([UTC, BERLIN, ZoneInfo("America/St_Johns"), ZoneInfo("Pacific/Apia")]),
)
def test_the_next_time_is_later_and_the_one_after_later_still(
    expression: str, moment: datetime, zone: Any
) -> None:
    first = cron.next_after(cron.parse(expression), moment, zone)
    assert first is not None
    assert first > moment
    second = cron.next_after(cron.parse(expression), first, zone)
    assert second is not None
    assert second > first


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"every_minutes": 0},
        {"every_minutes": -5},
        {"every_minutes": True},
        {"every_minutes": 1.5},
        {"every_minutes": "60"},
        {"every_minutes": 10**9},
        {"every_minutes": 5, "cron": "* * * * *"},
        {"cron": 5},
        {"cron": ""},
        {"cron": "* * * *"},
        {"cron": "* * * * * *"},
        {"cron": "60 * * * *"},
        {"cron": "* 24 * * *"},
        {"cron": "* * 0 * *"},
        {"cron": "* * * 13 *"},
        {"cron": "* * * * 8"},
        {"cron": "*/0 * * * *"},
        {"cron": "5-1 * * * *"},
        {"cron": "x * * * *"},
        {"cron": "1,,2 * * * *"},
        {"cron": "0 0 31 2 *"},
        {"daily": True},
    ],
)
def test_what_is_no_schedule(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadSchedule):
        schedule.check(wrong)


@pytest.mark.parametrize("right", [None, {"every_minutes": 1}, {"cron": "30 4 * * 1-5"}])
def test_what_is_a_schedule(right: dict[str, Any] | None) -> None:
    schedule.check(right)


def timing(**more: Any) -> Timing:
    usual: dict[str, Any] = {"seed": b"seed", "schedule": None, "zone": UTC, "changed_at": NOON}
    return Timing(**{**usual, **more})


def due_in(minutes: float, **more: Any) -> bool:
    return schedule.is_due(timing(**more), NOON + timedelta(minutes=minutes))


def test_without_a_schedule_it_is_never_due() -> None:
    assert not due_in(10**6)


def test_an_interval_starts_at_once_and_then_waits() -> None:
    every = {"every_minutes": 60}
    assert due_in(0, schedule=every)
    assert not due_in(59, schedule=every, last_run_at=NOON)
    assert due_in(62, schedule=every, last_run_at=NOON)


def test_cron_waits_for_its_time_also_when_it_was_set_long_after_the_last_run() -> None:
    daily = {"cron": "0 13 * * *"}
    long_ago = NOON - timedelta(days=9)
    assert not due_in(1, schedule=daily, last_run_at=long_ago)
    assert due_in(61, schedule=daily, last_run_at=long_ago)


def test_one_time_of_cron_is_one_run() -> None:
    ran = NOON + timedelta(minutes=60, seconds=1)
    assert not due_in(120, schedule={"cron": "0 13 * * *"}, last_run_at=ran)


def test_a_rest_is_kept() -> None:
    rest = NOON + timedelta(minutes=30)
    assert not due_in(29, schedule={"every_minutes": 1}, rest_until=rest)
    assert due_in(30, schedule={"every_minutes": 1}, rest_until=rest)


def test_jitter_is_spread_and_repeatable() -> None:
    most = timedelta(minutes=2)
    found = [schedule.jitter(bytes([number]), most) for number in range(200)]
    assert found == [schedule.jitter(bytes([number]), most) for number in range(200)]
    assert all(timedelta(0) <= jitter < most for jitter in found)
    assert max(found) > most * 0.9
    assert min(found) < most * 0.1


@pytest.mark.parametrize(
    ("failures", "asked", "minutes"),
    [(1, None, 1), (2, None, 2), (5, None, 16), (100, None, 360), (1, 600.0, 10), (9, 60.0, 256)],
)
def test_rest_grows(failures: int, asked: float | None, minutes: int) -> None:
    assert schedule.rest(failures, asked) == timedelta(minutes=minutes)
