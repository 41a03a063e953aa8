"""Destinations: several domains of one, and turns that are given at a pace."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.pace import destinations, pacing, patience
from app.rules.pace.destinations import HORIZON, Held

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("gmail.com", "gmail.com"),
        ("googlemail.com", "gmail.com"),
        ("hotmail.com", "outlook.com"),
        ("hotmail.co.uk", "outlook.com"),
        ("live.nl", "outlook.com"),
        ("outlook.com.br", "outlook.com"),
        ("yahoo.de", "yahoo.com"),
        ("yahoo.co.jp", "yahoo.com"),
        ("ymail.com", "yahoo.com"),
        ("gmx.de", "gmx.net"),
        ("example.com", "example.com"),
        ("yahoo.example.com", "yahoo.example.com"),
        ("notyahoo.de", "notyahoo.de"),
        ("live.example", "live.example"),
        ("", ""),
    ],
)
def test_whose_domain_it_is(domain: str, name: str) -> None:
    assert destinations.of(domain) == name
    assert destinations.of_address(f"ann@{domain}") == name


def test_a_destination_names_its_domains() -> None:
    assert destinations.domains_of("gmail.com") == ["gmail.com", "googlemail.com"]
    assert "yahoo.*" in destinations.domains_of("yahoo.com")
    assert destinations.domains_of("example.com") == ["example.com"]


def complained(held: Held | None = None, ceiling: float = 10.0, now: datetime = NOW) -> Held:
    return destinations.slowed(held, ceiling, now, MINUTE, "too much")


def test_a_complaint_pauses_and_then_halves() -> None:
    held = complained()
    assert destinations.admit(held, NOW)[1] is not None
    later = NOW + MINUTE
    admitted = 0
    due = None
    while due is None:
        held, due = destinations.admit(held, later)
        admitted += due is None
    assert admitted == pytest.approx(2 * 5, abs=1)
    assert pacing.rate_at(held.pace, later) == 5
    again = complained(held, now=later)
    assert pacing.rate_at(again.pace, later + MINUTE) == 2.5
    assert again.turn == held.turn


def test_in_the_end_it_is_free() -> None:
    held = complained()
    until = destinations.held_until(held)
    assert not destinations.is_free(held, until - timedelta(seconds=1))
    assert destinations.is_free(held, until)
    assert destinations.admit(held, until) == (held, None)


def test_turns_follow_the_pace() -> None:
    held = complained()
    turns = []
    for _ in range(5):
        held, due = destinations.admit(held, NOW)
        assert due is not None
        turns.append((due - NOW - MINUTE).total_seconds())
    assert turns == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])


@given(
    st.floats(0.001, 5000),
    st.lists(st.tuples(st.floats(0, 400), st.booleans()), min_size=1, max_size=60),
)
def test_every_turn_comes_within_the_horizon(
    ceiling: float, story: list[tuple[float, bool]]
) -> None:
    now, held = NOW, complained(ceiling=ceiling)
    for after, complains in story:
        now += timedelta(seconds=after)
        if complains and held.pause_until <= now:
            held = complained(held, ceiling, now)
        for _ in range(20):
            held, due = destinations.admit(held, now)
            last = max(held.pause_until, now) + HORIZON + timedelta(seconds=1)
            assert due is None or now < due <= last
            assert due is None or due >= held.pause_until


@given(st.floats(0.5, 500), st.integers(1, 200))
def test_never_more_than_the_pace_goes(ceiling: float, looks: int) -> None:
    held = complained(ceiling=ceiling)
    now, went = held.pause_until, 0
    for _ in range(looks):
        now += timedelta(seconds=0.1)
        due = None
        while due is None and went < 100_000 and not destinations.is_free(held, now):
            held, due = destinations.admit(held, now)
            went += due is None
    assert went <= ceiling * (looks * 0.1 + 2.1) + 2


def test_pauses_grow_and_named_times_are_honoured() -> None:
    pauses = [patience.for_destination(one, "", blocked=False) for one in (1, 2, 3, 7, 50)]
    assert pauses == [MINUTE, 2 * MINUTE, 4 * MINUTE, 60 * MINUTE, 60 * MINUTE]
    hours = [patience.for_destination(one, "", blocked=True) for one in (1, 2, 3, 50)]
    assert hours == [60 * MINUTE, 120 * MINUTE, 240 * MINUTE, 240 * MINUTE]
    assert patience.for_destination(1, "try again in 10 minutes", blocked=False) == 10 * MINUTE
