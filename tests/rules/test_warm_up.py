"""A new relay's days: little first, then more, then no plan any more."""

from datetime import date, timedelta

import pytest

from app.rules.pace.warm_up import WarmUp, cap, daily, day_number

START = date(2026, 11, 22)
plan = WarmUp(START, 50, 2.0, 1000)


@pytest.mark.parametrize(
    ("days", "expected"),
    [(-1, 0), (0, 50), (1, 100), (2, 200), (3, 400), (4, 800), (5, None), (5000, None)],
)
def test_the_cap_of_a_day(days: int, expected: int | None) -> None:
    today = START + timedelta(days=days)
    assert cap(plan, today) == expected
    assert day_number(plan, today) == days + 1


@pytest.mark.parametrize(
    ("limit", "days", "expected"),
    [(None, 0, 50), (30, 0, 30), (30, 9, 30), (60, 0, 50), (None, 9, None)],
)
def test_the_smaller_one_holds(limit: int | None, days: int, expected: int | None) -> None:
    assert daily(limit, plan, START + timedelta(days=days)) == expected
    assert daily(limit, None, START) == limit


def test_the_slowest_plan_ends() -> None:
    slow = WarmUp(START, 1, 1.05, 2**31 - 1)
    assert cap(slow, START + timedelta(days=500)) is None
