"""The time that a server names itself."""

from datetime import timedelta

import pytest

from app.rules.pace import patience
from app.rules.replies import hints

S, M, H = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("4.7.1 Greylisted, try again in 300 seconds", 300 * S),
        ("Please try again after 5 minutes.", 5 * M),
        ("come back in 2 hours", 2 * H),
        ("retry in 1h", H),
        ("Greylisting in effect, please come back in 00:04:12", 4 * M + 12 * S),
        ("Retry-After: 120", 120 * S),
        ("retry after 90s", 90 * S),
        ("you must wait 10 min before sending", 10 * M),
        ("temporarily blocked for 45 sec", 45 * S),
        ("try again later", None),
        ("5.1.1 user 300 seconds", None),
        ("rate exceeded, limit is 14 per second", None),
        ("try again in 3 days", None),
        ("", None),
    ],
)
def test_the_time_that_is_named(text: str, said: timedelta | None) -> None:
    assert hints.said(text) == said


def test_hints_are_honoured_within_bounds() -> None:
    assert patience.for_throttle(1) == S
    assert patience.for_throttle(30) == 10 * M
    assert patience.for_throttle(1, "try again in 300 seconds") == 300 * S
    assert patience.for_throttle(30, "try again in 0 seconds") == S
    assert patience.for_throttle(1, "try again in 100 hours") == H
    assert patience.for_recipient(1) == 5 * M
    assert patience.for_recipient(3, "try again in 10 seconds") == M
    assert patience.for_recipient(1, "try again in 99 hours") == 4 * H
    assert patience.for_quota("later") == H
    assert patience.for_quota("try again in 30 minutes") == 30 * M
    assert patience.for_logins("Too many login attempts") == 5 * M
