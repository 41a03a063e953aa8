"""Statements that go to the driver by themselves say and read what they would by SQLAlchemy."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, literal, select, update

from app.contacts.models import Contact
from app.db import Database
from app.sending.many import among
from app.sending.ready import Asking, Ready, written
from app.sending.relays import standing
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
