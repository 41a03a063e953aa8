"""Which pages of a run wait for the disk: those that would not come again, and the last."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from app.db import Database
from app.rules import email_address
from app.sources.runs import running
from app.sources.runs.claiming import claim
from app.sources.storing.contacts import ContactStore
from connectors import Incoming, Page
from sync import run as pulling
from sync.merge import Terms
from sync.reading import Order
from tests.app.conftest import Client
from tests.app.pulling import World, connected


@contextmanager
def commits(database: Database) -> Iterator[list[bool]]:
    """Of each commit, whether the database is told to wait for the disk."""
    asked = "PRAGMA synchronous" if database.is_sqlite else "SHOW synchronous_commit"
    found: list[bool] = []

    def look(connection: Any) -> None:
        found.append(connection.exec_driver_sql(asked).scalar() in (2, "on"))

    event.listen(database.engine, "commit", look)
    try:
        yield found
    finally:
        event.remove(database.engine, "commit", look)


@pytest.fixture
def world(owner: Client) -> Iterator[World]:
    with connected(owner.app.extensions["pressferry"], owner.workspace_id, 250) as made:
        yield made


def test_pages_of_a_site_do_not_wait_for_the_disk_but_the_last_does(world: World) -> None:
    run_id = world.start()
    with commits(world.runtime.database) as waited:
        running.run_due(world.runtime)
    assert world.run(run_id).state == "succeeded"
    assert world.run(run_id).pages == 3
    assert waited.count(False) == 2
    assert waited[-1]


def _told(world: World, *, is_read_again: bool, status: str = "") -> list[bool]:
    """A run of three pages, the second with a status."""
    run_id, database = world.start(), world.runtime.database
    with database.transaction() as session:
        task = claim(session, run_id, UUID(int=1), world.runtime.now())
    assert task
    store = ContactStore(
        database,
        task.workspace_id,
        task.progress,
        Terms(),
        now=world.runtime.now,
        stop=lambda: False,
        is_read_again=is_read_again,
    )
    rows = [Incoming(str(number), f"p{number}@example.com") for number in range(3)]
    rows[1] = Incoming("1", "p1@example.com", status=status)
    pages = [Page((row,), {"at": row.source_id}) for row in rows[:2]] + [Page((rows[2],), None)]
    with commits(database) as waited:
        pulling.take(pages, store, Order({}, Terms(), None, email_address.normal))
    return waited


def test_what_comes_once_waits_for_the_disk(world: World) -> None:
    assert _told(world, is_read_again=False) == [True, True, True]


def test_a_no_waits_for_the_disk(world: World) -> None:
    assert _told(world, is_read_again=True) == [False, False, True]
    assert _told(world, is_read_again=True, status="unsubscribed") == [False, True, True]
