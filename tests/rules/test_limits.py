"""Rates by GCRA, calendar hours and days in the workspace's zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.pace.limits import Limits, Meter, give_back, room, take, used_up

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
ZONE = ZoneInfo("UTC")


@given(
    rate=st.floats(0.05, 500),
    steps=st.lists(st.tuples(st.floats(0, 2), st.integers(1, 50)), max_size=60),
)
def test_never_faster_than_the_rate(rate: float, steps: list[tuple[float, int]]) -> None:
    """However it is asked, no stretch of time sees more than rate x time + one burst."""
    limits, meter, now = Limits(rate=rate), Meter(), NOW
    taken: list[tuple[datetime, int]] = []
    for wait, want in steps:
        now += timedelta(seconds=wait)
        count = room(limits, meter, now, ZONE, want).now
        meter = take(limits, meter, now, ZONE, count)
        taken.append((now, count))
    burst = max(1, rate // 10)
    for i, (start, _) in enumerate(taken):
        for j in range(i, len(taken)):
            span = (taken[j][0] - start).total_seconds()
            assert sum(count for _, count in taken[i : j + 1]) <= rate * span + burst + 1e-3


def test_the_rate_is_reached() -> None:
    limits, meter, now, sent = Limits(rate=10), Meter(), NOW, 0
    while now < NOW + timedelta(seconds=10):
        found = room(limits, meter, now, ZONE, 100)
        meter = take(limits, meter, now, ZONE, found.now)
        sent += found.now
        now = found.at or now + timedelta(milliseconds=1)
    assert 99 <= sent <= 101


def test_no_room_says_when_there_will_be_some() -> None:
    limits = Limits(rate=2)
    meter = take(limits, Meter(), NOW, ZONE, 1)
    found = room(limits, meter, NOW, ZONE, 1)
    assert found.now == 0
    assert not found.quota
    assert found.at is not None
    assert room(limits, meter, found.at, ZONE, 1).now == 1


@pytest.mark.parametrize(
    ("limits", "zone", "until"),
    [
        (Limits(daily=3), "UTC", datetime(2026, 11, 23, tzinfo=UTC)),
        (Limits(daily=3), "Asia/Kolkata", datetime(2026, 11, 22, 18, 30, tzinfo=UTC)),
        (Limits(hourly=3), "UTC", datetime(2026, 11, 22, 13, tzinfo=UTC)),
        (Limits(hourly=3), "Asia/Kolkata", datetime(2026, 11, 22, 12, 30, tzinfo=UTC)),
    ],
)
def test_windows_are_calendar_windows_of_the_zone(
    limits: Limits, zone: str, until: datetime
) -> None:
    start = until - timedelta(minutes=10)
    meter = take(limits, Meter(), start, ZoneInfo(zone), 3)
    found = room(limits, meter, start, ZoneInfo(zone), 5)
    assert (found.now, found.quota, found.at) == (0, True, until)
    assert room(limits, meter, until, ZoneInfo(zone), 5).now == 3


def test_a_day_of_25_hours_is_one_day() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = first + timedelta(hours=1)
    meter = take(Limits(hourly=5, daily=5), Meter(), first, berlin, 2)
    assert room(Limits(daily=5), meter, second, berlin, 9).now == 3


def test_what_was_not_said_is_given_back() -> None:
    limits = Limits(rate=5, hourly=10, daily=10)
    meter = take(limits, Meter(), NOW, ZONE, 1)
    assert room(limits, give_back(limits, meter, 1), NOW, ZONE, 10).now == 1
    assert give_back(limits, meter, 1).day_count == 0


def test_no_limits_no_end() -> None:
    assert room(Limits(), Meter(), NOW, ZONE, 123).now == 123


@given(
    limit=st.integers(1, 40),
    steps=st.lists(st.tuples(st.floats(0, 20 * 3600), st.integers(1, 30)), max_size=40),
)
def test_a_rolling_day_holds_for_any_24_hours(limit: int, steps: list[tuple[float, int]]) -> None:
    limits, meter, now = Limits(daily=limit, rolling=True), Meter(), NOW
    taken: list[tuple[datetime, int]] = []
    for wait, want in steps:
        now += timedelta(seconds=wait)
        count = room(limits, meter, now, ZONE, want).now
        meter = take(limits, meter, now, ZONE, count)
        taken.append((now, count))
        last = [many for when, many in taken if now - when < timedelta(hours=24)]
        assert sum(last) <= limit
        assert len(meter.hours) <= 26


def test_a_rolling_day_says_when_there_is_room_again() -> None:
    limits = Limits(daily=3, rolling=True)
    meter = take(limits, Meter(), NOW, ZONE, 2)
    later = NOW + timedelta(hours=5)
    meter = take(limits, meter, later, ZONE, 1)
    found = room(limits, meter, later, ZONE, 9)
    assert (found.now, found.quota) == (0, True)
    assert found.at == datetime(2026, 11, 23, 13, tzinfo=UTC)
    assert room(limits, meter, found.at, ZONE, 9).now == 2
    assert room(limits, meter, found.at - timedelta(seconds=1), ZONE, 9).now == 0


def test_what_was_begun_before_the_day_rolled_counts() -> None:
    meter = take(Limits(daily=5), Meter(), NOW, ZONE, 4)
    assert room(Limits(daily=5, rolling=True), meter, NOW, ZONE, 9).now == 1


def test_a_rolling_day_gets_back_what_was_not_said() -> None:
    limits = Limits(daily=5, rolling=True)
    meter = take(limits, Meter(), NOW, ZONE, 5)
    assert room(limits, give_back(limits, meter, 2), NOW, ZONE, 9).now == 2


@given(
    before=st.integers(1, 60),
    after=st.integers(0, 60),
    steps=st.lists(st.tuples(st.floats(0, 20 * 3600), st.integers(1, 30)), max_size=20),
)
def test_a_rolling_day_that_was_lowered_has_room_when_it_says(
    before: int, after: int, steps: list[tuple[float, int]]
) -> None:
    limits, meter, now = Limits(daily=before, rolling=True), Meter(), NOW
    for wait, want in steps:
        now += timedelta(seconds=wait)
        meter = take(limits, meter, now, ZONE, room(limits, meter, now, ZONE, want).now)
    lowered = Limits(daily=after, rolling=True)
    found = room(lowered, meter, now, ZONE, 1)
    if found.now or not after:
        return
    assert found.at
    assert room(lowered, meter, found.at, ZONE, 1).now == 1
    assert room(lowered, meter, found.at - timedelta(seconds=1), ZONE, 1).now == 0


def test_what_is_used_up_is_said_in_numbers() -> None:
    meter = take(Limits(), Meter(), NOW, ZONE, 300)
    assert used_up(Limits(daily=200, hourly=100), meter) == "300 of 200 today"
    assert used_up(Limits(daily=200, rolling=True), meter) == "300 of 200 in 24 hours"
    assert used_up(Limits(daily=301, hourly=100), meter) == "300 of 100 this hour"
    assert used_up(Limits(daily=301), meter) == used_up(Limits(), meter) == ""
