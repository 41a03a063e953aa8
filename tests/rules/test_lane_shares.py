"""What is kept of a relay for messages."""

import pytest

from app.rules.pace.limits import Limits
from app.rules.routing import lane_shares


@pytest.mark.parametrize(
    ("most", "shares"),
    [(1, (1, 0)), (2, (1, 1)), (4, (3, 1)), (7, (6, 1)), (8, (6, 2)), (100, (75, 25))],
)
def test_connections(most: int, shares: tuple[int, int]) -> None:
    assert lane_shares.connections(most) == shares
    assert sum(shares) == most


def test_limits() -> None:
    limits = Limits(rate=5.0, hourly=100, daily=7, rolling=True)
    assert lane_shares.left_to_campaigns(limits) == Limits(5.0, 90, 6, rolling=True)
    assert lane_shares.left_to_campaigns(Limits()) == Limits()
