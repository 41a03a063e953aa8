"""What is written in bulk stands there as it was said, on both databases."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.contacts.models import Contact
from app.db import Database
from app.runtime import Runtime
from app.sources.models import SourceRow
from app.sources.storing import bulk, statements
from tests.app.conftest import Client
from tests.app.pulling import connected, person

ODD = ["\\N", "a\\tb", 'say "x"', "O'Neil {1,2}", "100 %", "Zoë ✓", "\\.", ",;|", "", "NULL"]


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
                bulk.add(session, statements.CREATE, statements.CREATED, some)
        with database.reading() as session:
            assert len(session.scalars(select(Contact.id)).all()) == 1
