"""A throttled rate: halved, never below the floor, never above the ceiling, always back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.rules.pace import pacing
from app.rules.pace.pacing import RELAY_FLOOR, STEP, STEPS, Flow

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
seconds = st.floats(0, 5000).map(lambda one: timedelta(seconds=one))
ceilings = st.floats(0.001, 100_000)


def test_a_rate_is_halved_and_rises_step_by_step() -> None:
    pace = pacing.slowed(None, 20, NOW, "too much")
    assert pacing.rate_at(pace, NOW) == 10
    assert pacing.rate_at(pace, NOW + STEP - timedelta(seconds=1)) == 10
    assert pacing.rate_at(pace, NOW + STEP) == 11
    assert pacing.next_step(pace, NOW) == (NOW + STEP, 11)
    again = pacing.slowed(pace, 20, NOW + 2 * STEP, "still")
    assert (again.rate, again.began, again.why) == (6, NOW, "still")
    assert pacing.ends_at(again) == NOW + 2 * STEP + 14 * STEP
    assert pacing.is_over(again, pacing.ends_at(again))
    assert not pacing.is_over(again, pacing.ends_at(again) - timedelta(seconds=1))
    assert pacing.next_step(again, pacing.ends_at(again)) is None


def test_what_is_over_begins_anew() -> None:
    pace = pacing.slowed(None, 20, NOW, "")
    later = NOW + STEPS * STEP
    assert pacing.slowed(pace, 20, later, "").rate == 10
    assert pacing.slowed(pace, 20, later, "").began == later


def test_a_clock_that_goes_back_does_not_matter() -> None:
    pace = pacing.slowed(None, 20, NOW, "")
    assert pacing.rate_at(pace, NOW - timedelta(hours=5)) == 10


@example(52429.39877323107, [timedelta(0)], timedelta(0))
@given(ceilings, st.lists(seconds, max_size=30), seconds)
def test_whatever_is_said(ceiling: float, complaints: list[timedelta], later: timedelta) -> None:
    now, pace = NOW, None
    for after in complaints:
        now += after
        pace = pacing.slowed(pace, ceiling, now, "")
        assert min(RELAY_FLOOR, ceiling) <= pace.rate <= ceiling
    if pace is None:
        return
    rate = pacing.rate_at(pace, now + later)
    assert pace.rate <= rate <= ceiling
    assert pacing.is_over(pace, now + STEPS * STEP)
    assert pacing.is_over(pace, pacing.ends_at(pace))
    step = pacing.next_step(pace, now + later)
    assert step is None or (step[0] > now + later and step[1] >= rate)


@given(ceilings, ceilings)
def test_a_lower_ceiling_holds_at_once(first: float, second: float) -> None:
    pace = pacing.slowed(pacing.slowed(None, first, NOW, ""), second, NOW, "")
    assert pace.rate <= second


@pytest.mark.parametrize("rate", [0.5, 3, 40, 900])
def test_a_steady_flow_is_measured(rate: float) -> None:
    flow, now = Flow(), NOW
    for _ in range(60):
        now += timedelta(seconds=2)
        flow = pacing.flowed(flow, round(2 * rate), now)
    assert pacing.measured(flow, now) == pytest.approx(rate, rel=0.25)


def test_a_burst_is_measured_at_once_and_after_a_silence() -> None:
    flow = pacing.flowed(Flow(), 30, NOW)
    assert pacing.measured(flow, NOW) == 30
    later = NOW + timedelta(hours=1)
    assert pacing.measured(flow, later) == 30
    assert pacing.measured(pacing.flowed(flow, 8, later), later) == 8
