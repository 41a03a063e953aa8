"""Spreading a campaign over time: evenly, or by a keyed hash, counted in open time."""

from collections import Counter
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from app.rules.pace import spread
from app.rules.pace.spread import PRIME, Spread, Stretch, from_words, offset, scatter
from app.rules.pace.windows import Window

MINUTE = 60_000
UTC_ZONE = ZoneInfo("UTC")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
OFFICE = Window(frozenset(range(5)), time(9), time(17))


def test_evenly() -> None:
    hour = from_words({"minutes": 60}, 7)
    assert hour == Spread(True, 0, 60 * MINUTE, 7)
    assert [offset(hour, place, 4) // MINUTE for place in range(4)] == [0, 15, 30, 45]


def test_by_chance_but_the_same_again() -> None:
    waits = from_words({"min_seconds": 60, "max_seconds": 120}, 7)
    assert waits is not None
    found = [offset(waits, place, 1000) for place in range(1000)]
    assert found == [offset(waits, place, 1000) for place in range(1000)]
    assert all(60_000 <= one <= 120_000 for one in found)
    per_tenth = Counter((one - 60_000) * 10 // 60_001 for one in found)
    assert all(60 <= per_tenth[tenth] <= 140 for tenth in range(10)), per_tenth
    other = from_words({"min_seconds": 60, "max_seconds": 120}, 8)
    assert other is not None
    assert found != [offset(other, place, 1000) for place in range(1000)]


def test_every_place_has_a_number_of_its_own() -> None:
    assert len({scatter(99, place) for place in range(20_000)}) == 20_000
    assert all(0 <= scatter(PRIME - 1, place) < PRIME for place in range(100))


def test_nothing_said_is_no_spread() -> None:
    assert from_words(None, 1) is None
    assert from_words({}, 1) is None


def test_open_time_goes_on_the_next_day() -> None:
    found = spread.stretches(OFFICE, UTC_ZONE, NOON, 600 * MINUTE)
    assert [(one.begins // MINUTE, one.ends // MINUTE) for one in found] == [(0, 300), (300, 780)]
    assert [datetime.fromtimestamp(one.at / 1000, UTC).isoformat() for one in found] == [
        "2026-11-23T12:00:00+00:00",
        "2026-11-24T09:00:00+00:00",
    ]


def test_the_moment_after_some_open_time() -> None:
    found = spread.stretches(OFFICE, UTC_ZONE, NOON, 600 * MINUTE)
    assert spread.moment(found, 0) == found[0].at
    assert spread.moment(found, 300 * MINUTE) == found[1].at, "when it closes it is tomorrow"


def test_without_a_window_time_is_open() -> None:
    (only,) = spread.stretches(None, UTC_ZONE, NOON, 5)
    assert only == Stretch(0, 6, round(NOON.timestamp() * 1000))


def test_what_does_not_fit_is_refused() -> None:
    minutely = Window(frozenset({0}), time(9), time(9, 1))
    with pytest.raises(ValueError, match="does not fit"):
        spread.stretches(minutely, UTC_ZONE, NOON, 600 * MINUTE)
