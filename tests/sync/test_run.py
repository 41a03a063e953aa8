"""A run, page by page: its numbers add up, the guard stops it, nothing is decided twice."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import pytest

from connectors import Choice, Incoming, Needs, Page, Pull, Site, SourceField, SourceForm
from sync import run as pulling
from sync.forms import Form, Forms
from sync.guard import FLOOR, Guard
from sync.mapping import Wanted
from sync.merge import Create, Decision, Known, Terms, Update
from sync.reading import Order
from sync.run import Held, Match, Plan, Roster

NO_SITE: Any = None


class Book:
    """People that are told page by page."""

    key, title = "book", "Book"
    needs = Needs("", "", "")
    fields = ()
    options = ()

    def __init__(self, *pages: list[Incoming]) -> None:
        self._pages = pages

    def look(self, site: Site) -> int | None:
        """Nobody asks."""
        return None

    def pages(self, site: Site, pull: Pull) -> Iterator[Page]:
        """What is left after the cursor."""
        for number in range(pull.cursor["at"] if pull.cursor else 0, len(self._pages)):
            is_last = number == len(self._pages) - 1
            yield Page(tuple(self._pages[number]), None if is_last else {"at": number + 1})


class Memory:
    """A store and roster in memory."""

    def __init__(self) -> None:
        self.people: dict[str, Known] = {}
        self.said: dict[str, Wanted] = {}
        self.plans: list[Plan] = []

    def page(
        self, rows: Sequence[Wanted], decide: Callable[[Roster], Plan], *, is_last: bool
    ) -> Plan:
        """Keeps everything that is decided."""
        plan = decide(self)
        self.plans.append(plan)
        return plan

    def learn(self, fields: Sequence[SourceField]) -> dict[str, str]:
        """Every field goes where it proposes."""
        return {field.key: field.target for field in fields}

    def offer(self, choices: Sequence[Choice]) -> None:
        raise AssertionError("nothing is offered here")

    def meet(self, forms: Sequence[SourceForm]) -> Forms:
        """Every form is read alike."""
        return Forms({}, Form({}))

    def match(self, wanted: Wanted) -> Match:
        """By address."""
        here = self.people.get(wanted.address)
        if here and self.said[wanted.address] == wanted:
            return Match(here, unchanged=True)
        return Match(here, duplicate=here is not None and here.status == "taken")

    def note(self, decision: Decision) -> None:
        """At once."""
        wanted = decision.wanted
        contact_id = uuid4() if isinstance(decision, Create) else decision.id
        self.people[wanted.address] = Known(contact_id, wanted.address, "active", "", wanted.fields)
        self.said[wanted.address] = wanted

    def is_fresh(self, contact_id: UUID) -> bool:
        """Everybody was here before."""
        return False


def order(share: float | None = None, known: int = 100, overwritten: int = 0) -> Order:
    guard = None if share is None else Guard(share, known)
    targets = {"name": "first_name"}
    address_of = lambda email: email.lower() if "@" in email else None  # noqa: E731
    return Order(targets, Terms(), guard, address_of, overwritten)


def row(number: int, name: str = "A", email: str | None = None) -> Incoming:
    return Incoming(str(number), email if email is not None else f"p{number}@x.com", {"name": name})


def test_the_numbers_add_up() -> None:
    store = Memory()
    odd = [row(1, email=""), row(2, email="x"), row(3, email=""), row(4), row(5)]
    pulling.run(Book(odd, [row(6), row(4, "B")]), NO_SITE, store, order(), Pull())
    first, second = (plan.tally for plan in store.plans)
    assert (first.seen, first.created, dict(first.skipped)) == (
        5,
        2,
        {"no_email": 2, "invalid_email": 1},
    )
    assert (second.seen, second.created, second.updated, second.overwritten) == (2, 1, 1, 1)
    for plan in store.plans:
        tally = plan.tally
        done = tally.created + tally.updated + tally.kept + tally.skipped.total()
        assert tally.seen == done


def test_the_cursor_goes_along_with_each_page() -> None:
    store = Memory()
    pulling.run(Book([row(1)], [row(2)], [row(3)]), NO_SITE, store, order(), Pull())
    assert [plan.cursor for plan in store.plans] == [{"at": 1}, {"at": 2}, None]


def test_it_goes_on_from_a_cursor() -> None:
    store = Memory()
    pulling.run(Book([row(1)], [row(2)], [row(3)]), NO_SITE, store, order(), Pull({"at": 2}))
    assert set(store.people) == {"p3@x.com"}


def test_the_second_time_everything_is_kept_and_nothing_decided() -> None:
    store = Memory()
    book = Book([row(n) for n in range(10)])
    pulling.run(book, NO_SITE, store, order(), Pull())
    pulling.run(book, NO_SITE, store, order(), Pull())
    assert (store.plans[1].tally.kept, store.plans[1].decisions) == (10, [])


def rename_all(names: str, share: float | None, overwritten: int = 0) -> Memory:
    """A hundred people in four pages, who all get another name."""
    store = Memory()
    people = [row(number) for number in range(100)]
    pulling.run(Book(people), NO_SITE, store, order(), Pull())
    store.plans.clear()
    renamed = [row(number, names) for number in range(100)]
    pages = [renamed[start : start + 25] for start in range(0, 100, 25)]
    with suppress(Held):
        pulling.run(Book(*pages), NO_SITE, store, order(share, 100, overwritten), Pull())
    return store


@pytest.mark.parametrize(
    ("share", "overwritten", "stored"),
    [(None, 0, 4), (1.0, 0, 4), (0.3, 0, 1), (0.5, 0, 2), (0.2, 0, 0), (0.3, 10, 0)],
)
def test_the_guard_stops_before_the_page_that_is_too_much(
    share: float | None, overwritten: int, stored: int
) -> None:
    assert len(rename_all("B", share, overwritten).plans) == stored


def test_filling_in_is_not_too_much() -> None:
    store = Memory()
    pulling.run(Book([row(n, "") for n in range(100)]), NO_SITE, store, order(), Pull())
    pulling.run(Book([row(n, "A") for n in range(100)]), NO_SITE, store, order(0.0), Pull())
    assert all(isinstance(decision, Update) for decision in store.plans[1].decisions)


@pytest.mark.parametrize(
    ("share", "known", "changed", "more", "objects"),
    [
        (0.3, 1000, 0, 300, False),
        (0.3, 1000, 0, 301, True),
        (0.3, 1000, 299, 2, True),
        (0.3, 1000, 500, 0, False),
        (0.3, 10, 0, FLOOR, False),
        (0.3, 10, 0, FLOOR + 1, True),
        (0.0, 10**6, 0, FLOOR + 1, True),
        (1.0, 1000, 0, 1000, False),
    ],
)
def test_the_guard(share: float, known: int, changed: int, more: int, objects: bool) -> None:
    objection = Guard(share, known).objection(changed, more)
    assert bool(objection) is objects
    assert ("force" in objection) is objects


def test_duplicates_are_counted_and_left_alone() -> None:
    store = Memory()
    store.people["p1@x.com"] = Known(UUID(int=1), "p1@x.com", "taken")
    store.said["p1@x.com"] = Wanted("9", "", "")
    pulling.run(Book([row(1)]), NO_SITE, store, order(), Pull())
    assert dict(store.plans[0].tally.skipped) == {"duplicate": 1}
    assert store.plans[0].decisions == []
