"""Statements that go to the driver by themselves say and read what they would by SQLAlchemy."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import (
    ExceptionContext,
    bindparam,
    event,
    literal,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, OperationalError

from app.contacts.models import Contact
from app.db import Database
from app.sending.relays import standing
from app.statements.many import among
from app.statements.ready import Asking, Ready, written
from tests.sending.world import World

_LOOK = (
    select(Contact.id, Contact.created_at, Contact.fields, Contact.timezone, literal("100 % so"))
    .where(
        Contact.workspace_id == bindparam("workspace"),
        Contact.created_at <= bindparam("now", type_=Contact.created_at.type),
        Contact.status.in_(written(("active", "invalid"))),
    )
    .order_by(Contact.email)
)
_NAMED = Ready(
    update(Contact).where(among(Contact.id, "contacts")).values(first_name=bindparam("called"))
)


def test_it_reads_what_sqlalchemy_reads(world: World, database: Database) -> None:
    world.people(3)
    values = {"workspace": world.workspace_id, "now": world.clock() + timedelta(days=1)}
    ready = Asking(_LOOK)
    with database.transaction() as session:
        session.execute(update(Contact).values(fields={"deep": [1, None]}))
        same = [tuple(row) for row in session.connection().execute(_LOOK, values)]
        assert len(same) == 3
        for _ in range(2):  # made ready, and used again
            assert ready.all(session, values) == same
        assert ready.is_any(session, values)
        long_ago = values | {"now": world.clock() - timedelta(days=999)}
        assert ready.all(session, long_ago) == []
        assert not ready.is_any(session, long_ago)


def test_it_counts_what_it_changed(world: World, database: Database) -> None:
    world.people(3)
    with database.transaction() as session:
        some = list(session.scalars(select(Contact.id).limit(2)))
        assert _NAMED.run(session, {"contacts": some, "called": "\u00c4nne"}) == 2
        assert _NAMED.run(session, {"contacts": [], "called": "nobody"}) == 0
    with database.reading() as session:
        names = session.scalars(select(Contact.first_name).where(Contact.id.in_(some))).all()
    assert names == ["\u00c4nne", "\u00c4nne"]


def test_a_value_that_is_missing_is_an_error(world: World, database: Database) -> None:
    with database.transaction() as session, pytest.raises(KeyError, match="called"):
        _NAMED.run(session, {"contacts": []})


def test_a_list_of_parameters_is_refused(database: Database) -> None:
    listed = Asking(select(Contact.id).where(Contact.status.in_(("active", "invalid"))))
    with database.transaction() as session, pytest.raises(TypeError, match="written"):
        listed.all(session, {})


#: Whatever a mail that was taken would change in a relay.
_UNREST: list[dict[str, Any]] = [
    {"fail_streak": 1},
    {"throttle_streak": 1},
    {"login_streak": 1},
    {"probe_attempt": 7},
    {"refusals": [[1, 2.5]]},
]


@pytest.mark.parametrize("unrest", _UNREST, ids=lambda one: next(iter(one)))
def test_a_relay_is_at_ease_when_nothing_would_change(world: World, unrest: dict[str, Any]) -> None:
    relay, other = world.relay(1, "one"), world.relay(2, "two")
    with world.database.transaction() as session:
        assert standing.at_ease(session, [relay, other])
    world.change(relay, **unrest)
    with world.database.transaction() as session:
        assert not standing.at_ease(session, [relay, other])
        assert standing.at_ease(session, [other])


@pytest.mark.parametrize("since", ["open_until", "slowed_until", "distrusted_since"])
def test_nor_while_something_is_held_against_it(world: World, since: str) -> None:
    relay = world.relay(1, "one")
    world.change(relay, **{since: world.clock()})
    with world.database.transaction() as session:
        assert not standing.at_ease(session, [relay])


def test_what_fails_fails_as_it_does_elsewhere(world: World, database: Database) -> None:
    """Told to who listens, in SQLAlchemy's words; a lost line is not used again."""
    ones = Ready(select(literal_column("1 / 0 + no_such_column")))
    told: list[str] = []

    def note(context: ExceptionContext) -> None:
        told.append(str(context.original_exception))

    event.listen(database.engine, "handle_error", note)
    try:
        with database.transaction() as session, pytest.raises(DBAPIError, match="no_such_column"):
            ones.run(session, {})
    finally:
        event.remove(database.engine, "handle_error", note)
    assert len(told) == 1


def test_a_line_that_was_cut_is_not_used_again(postgres_database: Database) -> None:
    one = Ready(select(literal_column("1")))
    with pytest.raises(OperationalError) as cut, postgres_database.transaction() as session:
        line = session.connection().connection.driver_connection
        with postgres_database.transaction() as other:
            end = "SELECT pg_terminate_backend(:pid)"
            other.execute(text(end), {"pid": line.info.backend_pid})
        one.run(session, {})
    assert cut.value.connection_invalidated
    with postgres_database.transaction() as session:
        assert session.scalar(select(literal_column("1"))) == 1
