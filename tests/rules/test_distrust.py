"""When refusals are the relay's trouble, and when a message is held."""

from datetime import UTC, datetime, timedelta

import pytest

from app.rules.replies import distrust

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_refusals_of_long_ago_say_nothing() -> None:
    streak = distrust.longer([], 1, NOW)
    streak = distrust.longer(streak, 2, NOW + timedelta(minutes=59))
    assert [attempt for attempt, _ in streak] == [1, 2]
    streak = distrust.longer(streak, 3, NOW + timedelta(minutes=61))
    assert [attempt for attempt, _ in streak] == [2, 3]


def test_twenty_different_recipients_are_too_many() -> None:
    people = [f"p{one}@example.com" for one in range(20)]
    assert distrust.is_incredible(people)
    assert not distrust.is_incredible(people[:19])
    assert not distrust.is_incredible(people[:19] * 3)


@pytest.mark.parametrize(
    ("rejected", "answered", "held"),
    [(10, 100_000, True), (9, 100_000, False), (3, 60, True), (3, 61, False), (2, 2, False)],
)
def test_a_message_that_many_reject_is_held(rejected: int, answered: int, held: bool) -> None:
    assert distrust.is_unwanted(rejected, answered) is held
