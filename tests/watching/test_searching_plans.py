"""The delivery log walks along indexes, on both databases: no search reads a whole table."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, insert, literal, select, text
from sqlalchemy.orm import Session

from app import ids
from app.sending.models import Attempt, Delivery
from app.watching import searching
from app.watching.searching import Search
from tests.watching.conftest import Ledger

MANY = 4_000
#: A table that is read as a whole, or sorted, in the words of PostgreSQL and of SQLite (whose SCAN
#: of deliveries in the order of their numbers ends with the page).
WHOLE = ("Seq Scan on delivery", "Seq Scan on attempt", "SCAN attempt", "TEMP B-TREE")


@pytest.fixture
def large(ledger: Ledger) -> Iterator[tuple[Ledger, list[UUID], UUID]]:
    """A ledger of four campaigns, large enough that reading all of it would never be chosen."""
    relay = ledger.relay(25, "one")
    dispatches = [ledger.dispatch() for _ in range(4)]
    with ledger.database.transaction() as session:
        for dispatch in dispatches:
            _fill(session, ledger, dispatch, relay)
        session.execute(text("ANALYZE"))
    yield ledger, dispatches, relay
    # Statistics of what is not there any more would mislead the tests after this one.
    with ledger.database.transaction() as session:
        for table in (Attempt, Delivery):
            session.execute(text(f"DELETE FROM {table.__tablename__}"))
        session.execute(text("ANALYZE"))


def _fill(session: Session, ledger: Ledger, dispatch: UUID, relay: UUID) -> None:
    now = ledger.clock()
    people = [
        {
            "dispatch_id": dispatch,
            "contact_id": ids.new_id(),
            "email": f"p{number}@people.example.com",
            "address": f"p{number}@people.example.com",
            "state": "bounced" if number % 50 == 0 else "sent",
            "due_at": now,
            "finished_at": now,
            "tries": 1,
        }
        for number in range(MANY)
    ]
    session.execute(insert(Delivery), people)
    said = {"round": 0, "from_email": "a@b.example", "phase": "final_dot", "text": "ok"}
    moments = {"begun_at": now, "finished_at": now, "due_at": now}
    values = {"relay_id": relay, "sender_id": relay, "outcome": "accepted", "code": 250}
    columns = {name: literal(value) for name, value in {**said, **moments, **values}.items()}
    mine = select(Delivery.id, *columns.values()).where(Delivery.dispatch_id == dispatch)
    session.execute(insert(Attempt).from_select(["delivery_id", *columns], mine))


def plans(session: Session, ledger: Ledger, search: Search, place: Any) -> list[str]:
    """What the database does for every statement of one search."""
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        seen.append((statement, values))

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    searching.find(session, ledger.workspace_id, search, limit=50, place=place, now=ledger.clock())
    event.remove(connection, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN" if ledger.database.is_sqlite else "EXPLAIN"
    return [
        "\n".join(str(row) for row in connection.exec_driver_sql(f"{explain} {one}", values))
        for one, values in seen
    ]


def test_no_search_reads_a_whole_table(large: tuple[Ledger, list[UUID], UUID]) -> None:
    ledger, dispatches, relay = large
    first, last = dispatches[0], 3 * MANY
    searches: list[tuple[Search, Any]] = [
        (Search(), None),
        (Search(), [last]),
        (Search(address="p7@people.example.com"), None),
        (Search(dispatch_id=first), None),
        (Search(dispatch_id=first), ["p5@people.example.com"]),
        (Search(dispatch_id=first, contains="p77"), None),
        (Search(dispatch_id=first, state="bounced"), None),
        (Search(dispatch_id=first, state="bounced"), [ledger.clock(), 400]),
        (Search(relay_id=relay, outcome="bounced"), None),
        (Search(text="nobody says this"), [last]),
        (Search(since=ledger.clock(), code=250), [last]),
    ]
    with ledger.database.reading() as session:
        for search, place in searches:
            for plan in plans(session, ledger, search, place):
                assert not any(one in plan for one in WHOLE), f"{search}\n{plan}"


def test_a_search_that_no_index_helps_would_be_seen(
    large: tuple[Ledger, list[UUID], UUID],
) -> None:
    ledger, _, _ = large
    explain = "EXPLAIN QUERY PLAN" if ledger.database.is_sqlite else "EXPLAIN"
    with ledger.database.reading() as session:
        found = session.connection().exec_driver_sql(
            f"{explain} SELECT count(*) FROM attempt WHERE text = 'x'"
        )
        plan = "\n".join(str(row) for row in found)
    assert any(one in plan for one in WHOLE), plan
