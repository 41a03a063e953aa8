"""Rows that say something else than last time come to the same on both databases."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from app.sources.models import SourceRow
from tests.app.conftest import Client
from tests.app.pulling import World, connected, person
from tests.app.test_sources_bulk import ODD
from tests.app.test_sources_deeds import row, tell


@pytest.fixture
def world(owner: Client) -> Iterator[World]:
    with connected(owner.app.extensions["pressferry"], owner.workspace_id, 0) as made:
        yield made


def test_odd_values_take_each_others_places(world: World) -> None:
    world.people[:] = [person(number, first_name=name) for number, name in enumerate(ODD, 1)]
    world.pull()
    for number, one in enumerate(world.people):
        one["first_name"] = ODD[number - 1] or "filled"
    run = world.pull()
    assert (run.updated, run.kept) == (len(ODD), 0)
    told = {one["email"]: one["first_name"] for one in world.people}
    assert {one.address: one.first_name for one in world.contacts().values()} == told
    assert all(one.origins["first_name"]["by"] == "site" for one in world.contacts().values())
    assert world.pull().kept == len(ODD)


def test_only_those_who_changed_are_touched(world: World) -> None:
    world.people[:] = [person(number) for number in range(1, 40)]
    world.pull()
    before = {one.address: one.updated_at for one in world.contacts().values()}
    changed = {"p3@example.com", "p38@example.com"}
    for one in world.people:
        if one["email"] in changed:
            one["last_name"] = "New"
    assert world.pull().updated == 2
    now = world.contacts().values()
    assert {one.address for one in now if one.last_name == "New"} == changed
    assert {one.address for one in now if one.updated_at != before[one.address]} <= changed


def test_an_address_that_becomes_free_is_taken_in_the_same_page(world: World) -> None:
    world.people[:] = [person(1, "a@x.com"), person(2, "b@x.com"), person(3, "c@x.com")]
    world.pull()
    ids = {one.address: one.id for one in world.contacts().values()}
    for one, email in zip(world.people, ["d@x.com", "a@x.com", "b@x.com"], strict=True):
        one["email"] = email
    assert world.pull().updated == 3
    now = {one.address: one.id for one in world.contacts().values()}
    assert now == {
        "d@x.com": ids["a@x.com"],
        "a@x.com": ids["b@x.com"],
        "b@x.com": ids["c@x.com"],
    }


def test_a_row_that_comes_twice_in_a_page_counts_as_it_comes_last(world: World) -> None:
    tell(world, row("1", name="A"), row("2", "b@x.com", name="B"))
    run = tell(world, row("1", name="C"), row("2", "b@x.com", name="D"), row("1", name="E"))
    assert (run.seen, run.updated) == (3, 3)
    names = {one.address: one.first_name for one in world.contacts().values()}
    assert names == {"a@x.com": "E", "b@x.com": "D"}
    assert tell(world, row("1", name="E"), row("2", "b@x.com", name="D")).kept == 2


def test_what_a_row_said_is_noted_anew_with_its_groups(world: World) -> None:
    tell(world, row("1", tags=frozenset({"one"})), row("2", "b@x.com"))
    tell(world, row("1", name="B"), row("2", "b@x.com", tags=frozenset({"two"})))
    with world.runtime.database.reading() as session:
        rows = session.scalars(select(SourceRow).order_by(SourceRow.source_id)).all()
        assert [bool(one.groups) for one in rows] == [False, True]
        assert all(one.contact_id for one in rows)
