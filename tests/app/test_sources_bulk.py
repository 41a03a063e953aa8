"""What is written in bulk stands there as it was said, on both databases."""

from typing import Any

import pytest
from sqlalchemy import Insert, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import ids
from app.contacts.models import Contact
from app.db import Database
from app.runtime import Runtime
from app.sources.models import SourceRow
from app.sources.storing import bulk, statements
from tests.app.conftest import Client
from tests.app.pulling import connected, person

ODD = ["\\N", "a\\tb", 'say "x"', "O'Neil {1,2}", "100 %", "Zoë ✓", "\\.", ",;|", "", "NULL"]


def _add(session: Session, statement: Insert, types: bulk.Types, rows: list[Any]) -> None:
    bulk.add(session, statement, types, len(rows), list(zip(*rows, strict=True)))


def test_odd_values_come_in_and_change_as_they_are(runtime: Runtime, owner: Client) -> None:
    people = [person(number, first_name=name) for number, name in enumerate(ODD, 1)]
    with connected(runtime, owner.workspace_id, people) as world:
        assert world.pull().created == len(ODD)
        told = {f"p{number}@example.com": name for number, name in enumerate(ODD, 1)}
        assert {one.address: one.first_name for one in world.contacts().values()} == told
        assert all(one.origins["*"]["connection"] for one in world.contacts().values())
        people[0]["first_name"], people[1]["first_name"] = "a\\nb", "\\x41"
        run = world.pull()
        assert (run.updated, run.kept) == (2, len(ODD) - 2)
        assert world.contacts()["p1@example.com"].first_name == "a\\nb"
        assert world.contacts()["p2@example.com"].first_name == "\\x41"


def test_a_single_row_goes_the_same_way(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, [person(1)]) as world:
        assert world.pull().created == 1
        with runtime.database.reading() as session:
            (row,) = session.scalars(select(SourceRow)).all()
        assert (row.source_id, row.groups) == ("1", None)
        assert row.seen_at == runtime.now()


def test_who_is_there_already_is_no_fault_of_the_driver(
    database: Database, runtime: Runtime, owner: Client
) -> None:
    """So that a page that met somebody faster is decided again."""
    with connected(runtime, owner.workspace_id, 1) as world:
        world.pull()
        (known,) = world.contacts().values()
        rows: list[tuple[Any, ...]] = [
            tuple(getattr(known, name) for name, _ in statements.CREATED) for _ in range(2)
        ]
        for some in (rows, rows[:1]):
            with pytest.raises(IntegrityError), database.transaction() as session:
                _add(session, statements.CREATE, statements.CREATED, some)
        with database.reading() as session:
            assert len(session.scalars(select(Contact.id)).all()) == 1


UNRULY = ["a\tb", "a\nb", "a\r\nb", "\t", "\\", "\\\n", "\\N", "\\.", "a\u2028b", "x\x7fy", "z"]


def test_unruly_values_are_not_taken_for_the_end_of_a_column(
    runtime: Runtime, owner: Client
) -> None:
    with connected(runtime, owner.workspace_id, 1) as world:
        world.pull()
        (known,) = world.contacts().values()
        names = [name for name, _ in statements.CREATED]
        one = {name: getattr(known, name) for name in names}
        rows: list[tuple[Any, ...]] = []
        for number, said in enumerate(UNRULY):
            address = f"q{number}@example.com"
            other = {"id": ids.new_id(), "address": address, "email": address}
            custom = {"first_name": said, "city": said, "fields": {said: said}}
            rows.append(tuple({**one, **other, **custom}[name] for name in names))
        with runtime.database.transaction() as session:
            _add(session, statements.CREATE, statements.CREATED, rows)
        found = world.contacts()
        for number, said in enumerate(UNRULY):
            made = found[f"q{number}@example.com"]
            assert (made.first_name, made.city, made.fields) == (said, said, {said: said})


def test_values_that_only_look_alike_stay_what_they_are(runtime: Runtime, owner: Client) -> None:
    """Of a column whose values are all one it is told once; these begin and end alike."""
    with connected(runtime, owner.workspace_id, 3) as world:
        world.pull()
        with runtime.database.transaction() as session:
            session.execute(delete(SourceRow))
            same, none = ["x"], None
            rows: list[tuple[Any, ...]] = [
                (world.connection_id, str(number), None, "d", runtime.now(), "", groups)
                for number, groups in enumerate([same, none, ["y"], same])
            ]
            _add(session, statements.NOTE_NEW, statements.NOTED, rows)
        with runtime.database.reading() as session:
            found = session.scalars(select(SourceRow).order_by(SourceRow.source_id)).all()
        assert [row.groups for row in found] == [["x"], None, ["y"], ["x"]]
