"""Sending windows: days, hours, time zones, and the two days a year when clocks change."""

from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.pace.windows import DAYS, Window, from_words, is_open, next_opening, open_times

BERLIN = ZoneInfo("Europe/Berlin")
WORKDAYS = frozenset(range(5))
OFFICE = Window(WORKDAYS, time(9), time(17))


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-23T08:59:59", "2026-11-23T09:00"),
        ("2026-11-23T09:00", "2026-11-23T09:00"),
        ("2026-11-23T16:59:59", "2026-11-23T16:59:59"),
        ("2026-11-23T17:00", "2026-11-24T09:00"),
        ("2026-11-27T17:00", "2026-11-30T09:00"),
        ("2026-11-28T12:00", "2026-11-30T09:00"),
    ],
)
def test_office_hours(now: str, opens: str) -> None:
    assert next_opening(OFFICE, at(now), BERLIN) == at(opens)
    assert is_open(OFFICE, at(now), BERLIN) == (now == opens)


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_opens() -> None:
    night = Window(frozenset({4}), time(22), time(6))
    assert is_open(night, at("2026-11-28T05:59"), BERLIN), "Saturday morning of Friday's night"
    assert not is_open(night, at("2026-11-27T05:59"), BERLIN)
    assert next_opening(night, at("2026-11-28T06:00"), BERLIN) == at("2026-12-04T22:00")


def test_until_midnight() -> None:
    evening = from_words({"days": ["sun"], "from": "18:00", "to": "24:00", "zone": "workspace"})
    assert is_open(evening, at("2026-11-22T23:59:59"), BERLIN)
    assert not is_open(evening, at("2026-11-23T00:00"), BERLIN)


def test_the_hour_that_is_skipped_and_the_one_that_comes_twice() -> None:
    night = Window(frozenset(range(7)), time(2, 30), time(4))
    skipped = list(islice(open_times(night, at("2026-03-29T00:00"), BERLIN), 1))
    assert skipped == [(at("2026-03-29T03:30"), at("2026-03-29T04:00"))]
    twice = Window(frozenset(range(7)), time(2), time(3))
    start = at("2026-10-25T00:00")
    ((opens, closes),) = islice(open_times(twice, start, BERLIN), 1)
    assert closes - opens == timedelta(hours=2)
    within = Window(frozenset(range(7)), time(1), time(2, 30))
    ((opens, closes),) = islice(open_times(within, start, BERLIN), 1)
    assert closes - opens == timedelta(hours=2, minutes=30), "until the later half past two"
    gone = Window(frozenset(range(7)), time(2), time(2, 59))
    ((opens, _),) = islice(open_times(gone, at("2026-03-29T00:00"), BERLIN), 1)
    assert opens.astimezone(BERLIN).date().isoformat() in ("2026-03-29", "2026-03-30")


def test_the_hours_stay_when_the_clocks_change() -> None:
    before, after = at("2026-10-23T18:00"), at("2026-10-26T09:00")
    assert next_opening(OFFICE, before, BERLIN) == after
    assert after.hour == 8, "an hour later in UTC than in summer"


def test_what_never_opens_is_refused() -> None:
    words = {"days": ["mon"], "from": "09:00", "to": "09:00", "zone": "workspace"}
    with pytest.raises(ValueError, match="the same"):
        from_words(words)
    with pytest.raises(ValueError, match="without a day"):
        from_words(words | {"days": [], "to": "10:00"})


windows = st.builds(
    Window,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    st.one_of(st.none(), st.times().map(lambda t: t.replace(second=0, microsecond=0))),
).filter(lambda one: one.start != one.end and (one.end is not None or one.start != time()))
zones = st.sampled_from(
    [ZoneInfo(z) for z in ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")]
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)).map(
    lambda one: one.replace(tzinfo=UTC)
)


@given(windows, moments, zones)
def test_stretches_follow_each_other_and_are_open(
    window: Window, now: datetime, zone: ZoneInfo
) -> None:
    stretches = list(islice(open_times(window, now, zone), 6))
    assert stretches[0][0] >= now
    for opens, closes in stretches:
        assert opens < closes
        assert is_open(window, opens, zone)
        middle = opens + (closes - opens) / 2
        assert is_open(window, middle, zone)
    for (_, closes), (opens, _) in pairwise(stretches):
        assert closes <= opens
        if closes < opens:
            assert not is_open(window, closes, zone)
            assert next_opening(window, closes, zone) == opens


def test_days_are_named() -> None:
    assert DAYS[datetime(2026, 11, 23).weekday()] == "mon"
