"""Smooth weighted round robin: exact shares, mixed, and the same every time."""

from collections import Counter
from uuid import UUID

import pytest

from app.rules.routing.rotation import turns

A, B, C = (UUID(int=n) for n in (1, 2, 3))


@pytest.mark.parametrize(
    ("pool", "expected"),
    [
        ([], []),
        ([(A, 50)], [A]),
        ([(A, 1), (B, 1)], [A, B]),
        ([(A, 5), (B, 1), (C, 1)], [A, A, B, A, C, A, A]),
        ([(A, 20), (B, 10)], [A, B, A]),
    ],
)
def test_one_cycle(pool: list[tuple[UUID, int]], expected: list[UUID]) -> None:
    assert turns(pool) == expected


def test_shares_are_exact_and_mixed() -> None:
    cycle = turns([(A, 70), (B, 30)])
    assert Counter(cycle) == {A: 7, B: 3}
    assert "".join("b" if one == B else "a" for one in cycle * 2).count("bb") == 0
