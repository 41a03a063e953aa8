"""5 faults in a row, off for 5 minutes, then one probe (T2 of the acceptance cases)."""

from datetime import UTC, datetime, timedelta

from app.rules.health.breaker import Breaker, gave_up_probe, heard_fault, heard_success, state

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def fault(breaker: Breaker, now: datetime = NOW, attempt: int = 1) -> Breaker:
    return heard_fault(breaker, attempt, now, threshold=5, seconds=300)


def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(5):
        breaker = fault(breaker)
    return breaker


def test_four_faults_and_a_success_start_again() -> None:
    breaker = Breaker()
    for _ in range(4):
        breaker = fault(breaker)
    breaker = heard_success(breaker, 1, NOW)
    for _ in range(4):
        breaker = fault(breaker)
    assert state(breaker, NOW) == "closed"
    assert state(fault(breaker), NOW) == "open"


def test_open_for_five_minutes_then_probing() -> None:
    breaker = opened()
    assert state(breaker, NOW + timedelta(seconds=299)) == "open"
    assert state(breaker, NOW + timedelta(seconds=300)) == "probing"


def test_faults_while_open_neither_count_nor_extend() -> None:
    breaker = opened()
    assert fault(breaker, NOW + timedelta(seconds=100)) == breaker


def test_a_failing_probe_opens_for_another_five_minutes() -> None:
    later = NOW + timedelta(seconds=300)
    breaker = Breaker(5, NOW + timedelta(seconds=300), probe=7)
    breaker = fault(breaker, later, attempt=7)
    assert state(breaker, later + timedelta(seconds=299)) == "open"
    assert state(breaker, later + timedelta(seconds=300)) == "probing"
    assert breaker.probe is None


def test_a_late_fault_of_another_attempt_does_not_open_a_probing_breaker() -> None:
    later = NOW + timedelta(seconds=301)
    breaker = Breaker(5, NOW + timedelta(seconds=300), probe=7)
    assert fault(breaker, later, attempt=3) == breaker


def test_only_the_probe_closes() -> None:
    later = NOW + timedelta(seconds=301)
    breaker = Breaker(5, NOW + timedelta(seconds=300), probe=7)
    assert heard_success(breaker, 3, later) == breaker
    assert heard_success(breaker, 7, later) == Breaker()


def test_a_probe_without_an_answer_frees_its_place() -> None:
    breaker = Breaker(5, NOW, probe=7)
    assert gave_up_probe(breaker, 7).probe is None
    assert gave_up_probe(breaker, 8).probe == 7
