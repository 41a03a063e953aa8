"""How a page finds whom its rows are about: by indexes, also while nobody has counted a table."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from app import ids
from app.contacts.models import (
    Contact,
    ContactList,
    ContactTag,
    MailingList,
    Suppression,
    Tag,
)
from app.db import Database
from app.runtime import Runtime
from app.sources.models import PurchaseRow, SourceRow
from app.sources.storing import looking, reading
from app.sources.storing.looking import Wished
from app.statements import driving
from app.statements.ready import Asking
from tests.app.conftest import Client
from tests.app.pulling import World, connected

MANY, PAGE = 3_000, 100
GROUP = ids.new_id()
#: So that a table has many pages: where PostgreSQL believes that nothing is in them, as it does
#: once all was deleted that was there, it compares their number with what an index costs.
WIDE = "d" * 900
#: A table that is read as a whole, in the words of PostgreSQL and of SQLite.
WHOLE = ("Seq Scan on", *(f"SCAN {name}" for name in ("contact", "source_row", "suppression")))
#: What knows only the list, and so goes through everybody in it.
ALL_MEMBERS = ("ix_contact_list_list_id", "ix_contact_tag_tag_id")
#: What knows only the connection of an order, and so goes through everything it sold.
ALL_ORDERS = ("pk_purchase", "SCAN purchase", "(connection_id=?)")
#: What knows only the workspace of a contact, and so goes through everybody in it.
EVERYBODY = "ix_contact_workspace_status"
#: What asks for contacts by them, and has an index for nothing else.
OF_CONTACTS = (reading.OWNERS, reading.NEWEST)


@pytest.fixture
def large(runtime: Runtime, owner: Client) -> Iterator[World]:
    """A workspace in which reading everybody would be a mistake."""
    with connected(runtime, owner.workspace_id, 0) as world:
        with runtime.database.transaction() as session:
            _fill(session, world)
        yield world
        # Statistics of what is not there any more would mislead the tests after this one.
        with runtime.database.transaction() as session:
            for table in (PurchaseRow, SourceRow, Suppression, ContactList, ContactTag, Contact):
                session.execute(text(f"DELETE FROM {table.__tablename__}"))
            session.execute(text("ANALYZE"))


def _people(world: World, count: int) -> list[dict[str, Any]]:
    now, home = world.runtime.now(), world.workspace_id
    return [
        {
            "id": ids.new_id(),
            "workspace_id": home,
            "email": f"p{number}@example.com",
            "address": f"p{number}@example.com",
            "created_at": now,
            "updated_at": now,
        }
        for number in range(count)
    ]


def _fill(session: Session, world: World) -> None:
    now, home, people = world.runtime.now(), world.workspace_id, _people(world, MANY)
    session.execute(insert(Contact), people)
    rows = [
        {
            "connection_id": world.connection_id,
            "source_id": str(number),
            "contact_id": person["id"],
            "digest": WIDE,
            "seen_at": now,
        }
        for number, person in enumerate(people)
    ]
    session.execute(insert(SourceRow), rows)
    _buy(session, world, people)
    _tag(session, world, people)
    noes = [
        {
            "workspace_id": home,
            "address": f"n{number}@example.com",
            "reason": "bounced",
            "detail": WIDE,
            "created_at": now,
        }
        for number in range(MANY)
    ]
    session.execute(insert(Suppression), noes)


def _tag(session: Session, world: World, people: list[dict[str, Any]]) -> None:
    """Everybody is in one list and has one tag."""
    now = world.runtime.now()
    made: tuple[tuple[Any, Any, str], ...] = (
        (MailingList, ContactList, "list_id"),
        (Tag, ContactTag, "tag_id"),
    )
    for group, link, name in made:
        which = {"id": GROUP, "workspace_id": world.workspace_id, "name": "all", "created_at": now}
        session.execute(insert(group), [which])
        linked = [{"contact_id": one["id"], name: GROUP, "created_at": now} for one in people]
        session.execute(insert(link), linked)


def _buy(session: Session, world: World, people: list[dict[str, Any]]) -> None:
    bought = {"connection_id": world.connection_id, "currency": "EUR", "is_paid": True}
    bought |= {"placed_at": world.runtime.now(), "parts": 1}
    orders = [
        {**bought, "source_id": str(number), "contact_id": person["id"]}
        for number, person in enumerate(people)
    ]
    session.execute(insert(PurchaseRow), orders)


def _plan(session: Session, statement: Asking, values: dict[str, Any]) -> str:
    known = statement.form(session.get_bind().dialect)
    explain = "EXPLAIN" if session.get_bind().dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    told = driving.execute(
        session.connection(), f"{explain} {known.text}", known.filled(values), keeps_plan=False
    )
    found = told.fetchall()
    return "\n".join(str(row) for row in found)


def _asked(world: World, session: Session) -> list[tuple[Asking, dict[str, Any]]]:
    here = {"connection": world.connection_id}
    some = session.connection().execute(text("SELECT id FROM contact ORDER BY address LIMIT 100"))
    ids_ = [row[0] for row in some]
    addresses = reading.array(f"p{number}@example.com" for number in range(PAGE))
    home = {"workspace": world.workspace_id, "addresses": addresses}
    rows = reading.array(str(number) for number in range(PAGE))
    contacts = reading.array(ids_)
    return [
        (reading.SEEN, {**here, "rows": rows}),
        (reading.OWNERS, {**here, "contacts": contacts}),
        (reading.NEWEST, {**here, "contacts": contacts}),
        (reading.BOUGHT, {**here, "contacts": contacts}),
        (reading.LISTS, {"groups": reading.array([GROUP]), "contacts": contacts}),
        (reading.TAGS, {"groups": reading.array([GROUP]), "contacts": contacts}),
        (reading.REFUSED, home),
        (reading.BY_ADDRESS, home),
        (reading.CONTACTS, {**home, "ids": contacts}),
    ]


@pytest.mark.parametrize("is_counted", [False, True])
def test_no_look_reads_everybody(large: World, is_counted: bool) -> None:
    if is_counted:
        with large.runtime.database.transaction() as session:
            session.execute(text("ANALYZE"))
    with large.runtime.database.reading() as session:
        for statement, values in _asked(large, session):
            plan = _plan(session, statement, values)
            assert not any(one in plan for one in WHOLE), plan
            assert statement not in OF_CONTACTS or "ix_source_row_contact" in plan, plan
            if statement in (reading.BY_ADDRESS, reading.CONTACTS):
                assert EVERYBODY not in plan, plan
            assert not any(one in plan for one in ALL_MEMBERS), plan
            if statement is reading.BOUGHT:
                assert not any(one in plan for one in ALL_ORDERS), plan


def test_no_look_reads_everybody_where_nobody_was(large: World) -> None:
    """A table that was emptied and swept is counted, and as empty: whatever comes in after that."""
    database = large.runtime.database
    with database.transaction() as session:
        session.execute(text("DELETE FROM contact"))
    if not database.is_sqlite:
        with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as direct:
            direct.execute(text("VACUUM contact"))
    with database.transaction() as session:
        session.execute(insert(Contact), _people(large, 1_000))
    with database.reading() as session:
        for statement, values in _asked(large, session):
            if statement in (reading.BY_ADDRESS, reading.CONTACTS):
                plan = _plan(session, statement, values)
                assert EVERYBODY not in plan, plan


def test_the_looks_find_what_they_are_asked_for(large: World) -> None:
    home, none = large.workspace_id, Wished(set(), set())
    with large.runtime.database.transaction() as session:
        seen, same = looking.seen(
            session, large.connection_id, {"7": WIDE, "8": "x", "no": WIDE}, []
        )
        assert (set(seen), same) == ({"8"}, {"7"})
        eighth = seen["8"].contact_id
        assert eighth is not None
        addresses = ["p9@example.com", "p9@example.com", "nobody@example.com"]
        by_address = looking.contacts(session, home, addresses, [], none)
        assert [one.address for one in by_address.values()] == ["p9@example.com"]
        both = looking.contacts(session, home, ["p8@example.com", *addresses], [eighth], none)
        assert {one.address for one in both.values()} == {"p8@example.com", "p9@example.com"}
        assert list(both) == sorted(both)
        elsewhere = looking.contacts(session, ids.new_id(), addresses, [eighth], none)
        assert elsewhere == {}
        assert looking.owners(session, large.connection_id, [eighth]) == {eighth: "8"}
        assert looking.newest(session, large.connection_id, [eighth]) == {eighth: ""}
        refused = looking.refusals(session, home, ["n1@example.com", "p1@example.com"])
        assert refused == {"n1@example.com": "bounced"}


def test_a_look_on_postgresql_keeps_no_plan(
    postgres_database: Database,
) -> None:
    """One that was made for a small table would stay while the table grows."""
    prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%LATERAL%'"
    workspace = ids.new_id()
    with postgres_database.transaction() as session:
        for _ in range(12):
            looking.contacts(session, workspace, ["a@example.com"], [], Wished(set(), set()))
        assert session.scalar(text(prepared)) == 0
