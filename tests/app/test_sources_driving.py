"""A page whose line to the database breaks is begun again: the driver's faults are known."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.db import Database
from app.rules import email_address
from app.sources.runs.claiming import claim
from app.sources.storing.contacts import ContactStore
from app.statements import driving
from connectors import Incoming, Page
from sync import run as pulling
from sync.mapping import Wanted
from sync.merge import Terms
from sync.reading import Order
from tests.app.conftest import Client
from tests.app.pulling import World, connected

on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
#: Ends the line of whoever is in the middle of a page.
_CUT = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'idle in transaction' AND pid <> pg_backend_pid()"""


class Cut(ContactStore):
    """Its line is cut so often while a page is decided."""

    times = 0
    tried = 0

    def page(self, rows: Sequence[Wanted], decide: Any, *, is_last: bool) -> pulling.Plan:
        """The same, with a decision that takes a while."""

        def after_a_cut(roster: pulling.Roster) -> pulling.Plan:
            self.tried += 1
            if self.tried <= self.times:
                with self._database.reading() as session:
                    assert session.scalar(text(_CUT)) == 1
            plan: pulling.Plan = decide(roster)
            return plan

        return super().page(rows, after_a_cut, is_last=is_last)


def _pulled(world: World, times: int) -> Cut:
    run_id, runtime = world.start(), world.runtime
    with runtime.database.transaction() as session:
        task = claim(session, run_id, UUID(int=1), runtime.now())
    assert task
    which = (runtime.database, task.workspace_id, task.progress, Terms())
    store = Cut(*which, now=runtime.now, stop=lambda: False, is_read_again=True)
    store.times = times
    rows = tuple(Incoming(str(number), f"p{number}@example.com") for number in range(3))
    pages = [Page(rows, {"at": 1}), Page((), None)]
    pulling.take(pages, store, Order({}, Terms(), None, email_address.normal))
    return store


@on_postgresql
def test_a_page_goes_on_after_a_cut_line(owner: Client) -> None:
    with connected(owner.app.extensions["pressferry"], owner.workspace_id, 0) as world:
        assert _pulled(world, times=2).tried == 4
        assert len(world.contacts()) == 3


@on_postgresql
def test_a_line_that_is_cut_each_time_is_told_as_such(owner: Client) -> None:
    with connected(owner.app.extensions["pressferry"], owner.workspace_id, 0) as world:
        with pytest.raises(OperationalError):
            _pulled(world, times=99)
        assert world.contacts() == {}


def test_a_statement_that_is_none_is_told_as_such(database: Database) -> None:
    ways: list[tuple[Any, Any]] = [(driving.execute, ()), (driving.execute_many, [()])]
    for way, told in ways:
        with pytest.raises((OperationalError, ProgrammingError)), database.transaction() as session:
            way(session.connection(), "SELECT FROM WHERE", told)


_ONE, _SOME = "INSERT INTO few VALUES (1)", "COPY few FROM STDIN"
_WAYS: list[Any] = [
    lambda session: driving.execute(session.connection(), _ONE, ()),
    lambda session: driving.execute_many(session.connection(), _ONE, [(), ()]),
    lambda session: driving.copy(session.connection(), _SOME, "1\n"),
]


@pytest.mark.parametrize("way", _WAYS, ids=["execute", "execute_many", "copy"])
def test_a_line_that_was_cut_is_not_used_again(postgres_database: Database, way: Any) -> None:
    with suppress(Exception), postgres_database.transaction() as session:
        session.execute(text("CREATE TEMPORARY TABLE few (number INTEGER)"))
        way(session)
        with postgres_database.reading() as other:
            other.execute(text(_CUT))
        with pytest.raises(OperationalError) as cut:
            way(session)
    assert cut.value.connection_invalidated
    with postgres_database.transaction() as session:
        assert session.scalar(text("SELECT 1")) == 1
