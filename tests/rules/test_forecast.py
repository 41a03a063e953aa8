"""The days ahead, played window by window."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from app.rules.forecast import HORIZON, Arrival, Cohort, Ship, Voyage
from app.rules.pace.limits import Limits, Meter
from app.rules.pace.windows import Window

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ZONE = ZoneInfo("UTC")
ONE, TWO = UUID(int=1), UUID(int=2)


def ship(relay_id: UUID = ONE, *, own_daily: int | None = None, **limits: Any) -> Ship:
    allowed = Limits(**({"daily": own_daily} | limits))
    return Ship(relay_id, lambda _: allowed, Meter(), own_daily)


def at_once(count: int, *chain: UUID, **more: Any) -> Cohort:
    return Cohort(chain, [Arrival(NOON, NOON, count)], **more)


def played(ships: list[Ship], *cohorts: Cohort) -> Voyage:
    voyage = Voyage(ships, cohorts, NOON, ZONE)
    voyage.play()
    return voyage


def test_without_limits_it_goes_at_once() -> None:
    mails = at_once(1_000_000, ONE)
    played([ship()], mails)
    assert (mails.sent, mails.last_at) == (1_000_000, NOON)


def test_a_rate_takes_its_time() -> None:
    mails = at_once(7200, ONE)
    voyage = played([ship(rate=1.0)], mails)
    assert mails.last_at == NOON + timedelta(hours=2)
    assert voyage.shares[ONE].bound_by == {"rate"}


def test_a_daily_limit_goes_on_the_next_day() -> None:
    mails = at_once(250, ONE)
    voyage = played([ship(own_daily=100)], mails)
    assert mails.last_at == datetime(2026, 11, 24, tzinfo=UTC)
    assert voyage.shares[ONE].bound_by == {"daily"}


def test_an_hourly_limit_and_a_warm_up() -> None:
    mails = at_once(25, ONE)
    voyage = played([ship(hourly=10)], mails)
    assert mails.last_at == NOON + timedelta(hours=2)
    assert voyage.shares[ONE].bound_by == {"hourly"}
    warming = Ship(ONE, lambda at: Limits(daily=10 * (1 + (at - NOON).days)), Meter(), 1000)
    assert played([warming], at_once(11, ONE)).shares[ONE].bound_by == {"warm_up"}


def test_what_does_not_fit_goes_through_the_next() -> None:
    mails = at_once(250, ONE, TWO)
    voyage = played([ship(own_daily=100), ship(TWO)], mails)
    assert {key: one.mails for key, one in voyage.shares.items()} == {ONE: 100, TWO: 150}
    assert mails.last_at == NOON


def test_a_relay_that_is_merely_slow_is_waited_for() -> None:
    voyage = played([ship(rate=1.0), ship(TWO)], at_once(100, ONE, TWO))
    assert set(voyage.shares) == {ONE}


def test_a_dead_relay() -> None:
    dead = ship()
    dead.dead = True
    alone = at_once(5, ONE)
    assert played([dead], alone).shares[ONE].bound_by == {"away"}
    assert (alone.sent, alone.last_at) == (0, None)
    helped = played([dead, ship(TWO)], at_once(5, ONE, TWO))
    assert helped.shares[TWO].mails == 5


def test_a_relay_that_comes_back() -> None:
    away = ship()
    away.away_until = NOON + timedelta(minutes=5)
    mails = at_once(5, ONE)
    played([away], mails)
    assert mails.last_at == NOON + timedelta(minutes=5)
    away.waited_for = True
    assert played([away, ship(TWO)], at_once(5, ONE, TWO)).shares[ONE].mails == 5


def test_a_window_and_a_spread() -> None:
    office = Window(frozenset(range(5)), time(9), time(17))
    mails = at_once(5, ONE, window=office, zone=ZONE)
    voyage = played([ship()], mails)
    assert mails.last_at == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert voyage.waited_for_window
    spread = Cohort([ONE], [Arrival(NOON, NOON + timedelta(hours=2), 120)])
    played([ship()], spread)
    assert spread.last_at == NOON + timedelta(minutes=119)


def test_who_launched_first_is_asked_first() -> None:
    others, mine = at_once(80, ONE, mine=False), at_once(80, ONE)
    voyage = played([ship(own_daily=100)], others, mine)
    assert voyage.shares[ONE].mails == 80
    assert mine.last_at == datetime(2026, 11, 23, tzinfo=UTC)


def test_nobody_looks_further_than_the_horizon() -> None:
    mails = at_once(1000, ONE)
    played([ship(own_daily=1)], mails)
    assert mails.sent == HORIZON.days + 1
    assert mails.last_at is not None


ships = st.builds(
    lambda rate, hourly, daily: {"rate": rate, "hourly": hourly, "daily": daily},
    st.one_of(st.none(), st.floats(0.01, 50)),
    st.one_of(st.none(), st.integers(1, 500)),
    st.one_of(st.none(), st.integers(1, 5000)),
)


@settings(deadline=None, max_examples=60)
@given(ships, ships, st.integers(1, 20_000), st.integers(0, 600), st.booleans())
def test_nothing_is_lost_and_no_limit_is_broken(
    one: dict[str, Any], two: dict[str, Any], count: int, minutes: int, failover: bool
) -> None:
    chain = [ONE, TWO] if failover else [ONE]
    spread = Arrival(NOON, NOON + timedelta(minutes=minutes), count)
    mails = Cohort(chain, [spread])
    fleet = [ship(ONE, **one), ship(TWO, **two)]
    voyage = played(fleet, mails)
    assert sum(share.mails for share in voyage.shares.values()) == mails.sent <= count
    for limits, key in ((one, ONE), (two, TWO)):
        share = voyage.shares[key]
        if not share.mails:
            continue
        assert share.first_at is not None
        assert share.last_at is not None
        days = (share.last_at.date() - share.first_at.date()).days + 1
        hours = (share.last_at - share.first_at) // timedelta(hours=1) + 2
        if limits["daily"]:
            assert share.mails <= limits["daily"] * days
        if limits["hourly"]:
            assert share.mails <= limits["hourly"] * hours
        if limits["rate"]:
            seconds = (share.last_at - share.first_at).total_seconds()
            assert share.mails <= limits["rate"] * seconds + 2 + limits["rate"]
    assert mails.last_at is None or mails.last_at >= NOON
