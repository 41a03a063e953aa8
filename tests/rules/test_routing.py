"""The five rows of the decision table, and what follows from them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.rules.routing.chain import Candidate, Decision, Halt, RoundOver, Send, Terms, Wait, choose

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOON = NOW + timedelta(minutes=5)
A, B, C = (UUID(int=n) for n in (1, 2, 3))

a = Candidate(A, 10, excluded=False, enabled=True, room=9)
b = Candidate(B, 20, excluded=False, enabled=True, room=9)
c = Candidate(C, 5, excluded=True, enabled=True, room=9)


def down(one: Candidate) -> Candidate:
    return replace(one, room=0, at=SOON, away=True, why="down")


def busy(one: Candidate) -> Candidate:
    return replace(one, room=0, at=SOON, away=False, why="busy")


@pytest.mark.parametrize(
    ("primary", "candidates", "failover", "expected"),
    [
        (A, [a, b], False, Send(A)),
        (A, [down(a), b], False, Wait(SOON, "down")),
        (A, [a, b], True, Send(A)),
        (B, [a, b], True, Send(B)),
        (A, [down(a), b], True, Send(B)),
        (B, [a, down(b)], True, Send(A)),
        (A, [down(a), down(b), c], True, Wait(SOON, "down")),
        (C, [a, b, c], True, Send(C)),
        (C, [a, b, down(c)], True, Send(A)),
        (A, [busy(a), b], True, Wait(SOON, "busy")),
        (A, [replace(a, enabled=False), b], True, Send(B)),
        (A, [replace(a, enabled=False), b], False, Halt),
        (None, [], True, Halt),
        (None, [a, b], True, Send(A)),
        (B, [replace(a, priority=7), replace(a, relay_id=C, priority=7), down(b)], True, Send(A)),
    ],
)
def test_who_is_chosen(
    primary: UUID | None, candidates: list[Candidate], failover: bool, expected: Decision | type
) -> None:
    decision = choose(primary, candidates, failover=failover)
    if isinstance(expected, type):
        assert isinstance(decision, expected)
    else:
        assert decision == expected


def test_each_relay_is_asked_once_a_round() -> None:
    assert choose(A, [a, b], failover=True, tried=frozenset({A})) == Send(B)
    assert choose(A, [a, b], failover=True, tried=frozenset({A, B})) == RoundOver()
    assert choose(A, [a, b], failover=False, tried=frozenset({A})) == RoundOver()


def test_the_soonest_is_waited_for() -> None:
    sooner = replace(down(b), at=NOW, why="nearly back")
    assert choose(A, [down(a), sooner], failover=True) == Wait(NOW, "nearly back")


def test_a_backup_is_the_only_one_who_helps() -> None:
    third = replace(a, relay_id=UUID(int=4), priority=30)
    terms = Terms(backup=third.relay_id)
    assert choose(A, [down(a), b, third], failover=True, terms=terms) == Send(third.relay_id)
    assert choose(A, [down(a), b, down(third)], failover=True, terms=terms) == Wait(SOON, "down")
    assert choose(A, [down(a), b, third], failover=False, terms=terms) == Wait(SOON, "down")


def test_only_who_sends_as_the_same_address_helps() -> None:
    mine, other = replace(b, sender="x@y.example"), replace(c, excluded=False, sender="z@y.example")
    terms = Terms(sender="x@y.example")
    assert choose(A, [down(a), other, mine], failover=True, terms=terms) == Send(B)
    assert choose(A, [down(a), other], failover=True, terms=terms) == Wait(SOON, "down")


def test_a_shunned_stream_does_not_help() -> None:
    pure, other = replace(b, stream="transactional"), replace(c, excluded=False, stream="marketing")
    terms = Terms(shunned="transactional")
    assert choose(A, [down(a), pure], failover=True, terms=terms) == Wait(SOON, "down")
    assert choose(A, [down(a), pure, other], failover=True, terms=terms) == Send(C)
    assert choose(B, [pure], failover=True, terms=terms) == Send(B)
