"""So many at once, and as many again in a minute."""

from app.rules.pace.allowance import Allowance, at, take


def test_it_is_used_up_and_grows_again() -> None:
    known = None
    for _ in range(3):
        known = take(known, 100.0, 3)
        assert known is not None
    assert take(known, 100.0, 3) is None
    assert take(known, 119.0, 3) is None
    assert take(known, 120.0, 3) == Allowance(0.0, 120.0)


def test_it_never_grows_beyond_a_minute() -> None:
    assert at(Allowance(1.0, 0.0), 10_000.0, 5) == Allowance(5.0, 10_000.0)
