"""Who is asked first: pin, mail type, the user's default, the workspace's default."""

from dataclasses import replace
from uuid import UUID

import pytest

from app.rules.routing.chain import Candidate
from app.rules.routing.primary import Wish, choose

A, B, C, D, GONE = (UUID(int=n) for n in (1, 2, 3, 4, 9))
known = {key: Candidate(key, 1, excluded=False, enabled=True, room=9) for key in (A, B, C, D)}
off = {**known, B: replace(known[B], enabled=False)}
excluded = {**known, B: replace(known[B], excluded=True)}


def wishes(pin: UUID | None, type_: UUID | None, user: UUID | None) -> list[Wish]:
    return [
        Wish("pin", pin, binding=True),
        Wish("mail_type", type_),
        Wish("user", user),
        Wish("default", D, binding=True),
    ]


@pytest.mark.parametrize(
    ("pin", "type_", "user", "relays", "expected", "by"),
    [
        (A, B, C, known, A, "pin"),
        (GONE, B, C, known, GONE, "pin"),
        (None, B, C, known, B, "mail_type"),
        (None, None, C, known, C, "user"),
        (None, None, None, known, D, "default"),
        (None, B, C, off, C, "user"),
        (None, GONE, None, known, D, "default"),
        (None, B, None, excluded, D, "default"),
        (None, None, B, excluded, B, "user"),
    ],
)
def test_the_first_wish_that_can_be_granted(
    pin: UUID | None,
    type_: UUID | None,
    user: UUID | None,
    relays: dict[UUID, Candidate],
    expected: UUID,
    by: str,
) -> None:
    chosen, steps = choose(wishes(pin, type_, user), relays, D)
    assert chosen == expected
    assert [step.by for step in steps if step.taken] == [by]
    assert all(step.why for step in steps)


def test_nobody_is_chosen_where_there_is_nobody() -> None:
    assert choose([Wish("default", None, binding=True)], {}, None)[0] is None


def test_an_excluded_default_serves_its_types() -> None:
    relays = {D: replace(known[D], excluded=True)}
    assert choose([Wish("mail_type", D)], relays, D)[0] == D
