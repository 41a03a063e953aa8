"""When a database may be an older copy, and when it is just the database."""

from uuid import UUID

import pytest

from app.rules.copies import Judgement, Ledger, Mark, Place, judge, why_not_here

LEDGER, OTHER = UUID(int=1), UUID(int=2)
HERE = Place("s1", "5", "00000001")


def ledger(generation: int = 0, highest: int = 10, place: Place = HERE) -> Ledger:
    return Ledger(LEDGER, generation, highest, place)


def mark(
    ledger: UUID = LEDGER,
    generation: int = 0,
    highest: int = 10,
    home: str = "m1",
    asks: bool = False,
) -> Mark:
    return Mark(ledger, generation, highest, home, asks)


@pytest.mark.parametrize(
    ("known", "found", "verdict"),
    [
        (ledger(), mark(), Judgement.GO),
        (ledger(highest=11), mark(), Judgement.GO),
        (ledger(highest=9), mark(), Judgement.HOLD),
        (ledger(highest=0), mark(), Judgement.HOLD),
        (ledger(), None, Judgement.STRANGER),
        (ledger(highest=0), None, Judgement.GO),
        (ledger(), mark(home="m2"), Judgement.STRANGER),
        (ledger(highest=0), mark(ledger=OTHER), Judgement.GO),
        (ledger(), mark(ledger=OTHER), Judgement.STRANGER),
        (ledger(), mark(asks=True), Judgement.STRANGER),
        (ledger(generation=1), mark(asks=True), Judgement.GO),
        (ledger(generation=1, highest=9), mark(), Judgement.GO),
        (ledger(generation=1), mark(generation=2), Judgement.HOLD),
    ],
)
def test_what_the_mark_says(known: Ledger, found: Mark | None, verdict: Judgement) -> None:
    judged, why = judge(known, found, home="m1", place=HERE)
    assert judged is verdict
    assert bool(why) is (verdict is not Judgement.GO)


@pytest.mark.parametrize(
    ("known", "now", "moved"),
    [
        (Place(), HERE, False),
        (HERE, Place(), False),
        (HERE, HERE, False),
        (HERE, Place("s2", "5", "00000001"), True),
        (HERE, Place("s1", "6", "00000001"), True),
        (HERE, Place("s1", "5", "00000002"), True),
        (Place("s1", "5", "00000001", replicated=True), Place("s1", "5", "00000002"), False),
        (Place("s1", "5", "00000001", replicated=True), Place("s2", "5", "00000001"), True),
    ],
)
def test_where_the_database_is(known: Place, now: Place, moved: bool) -> None:
    assert bool(why_not_here(known, now)) is moved
    judged, _ = judge(ledger(place=known), mark(), home="m1", place=now)
    assert judged is (Judgement.HOLD if moved else Judgement.GO)


def test_a_copy_is_held_even_when_nothing_was_sent_from_it() -> None:
    judged, _ = judge(ledger(highest=0), None, home="m1", place=Place("s2", "5", "00000001"))
    assert judged is Judgement.HOLD


def test_the_sentence_says_what_is_missing() -> None:
    _, why = judge(ledger(highest=7), mark(highest=9), home="m1", place=HERE)
    assert "7" in why
    assert "9" in why
