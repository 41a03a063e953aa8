"""How the ledger finds its rows: never by reading a whole table, however long the queue is."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from app import ids
from app.db import Database
from app.rules.health.breaker import BreakerSettings
from app.rules.replies.meaning import Reply
from app.sending import ledger
from app.sending.ledger import Heard, Wanted
from app.sending.letters import people
from tests.conftest import TurnableClock
from tests.sending.listening import heard
from tests.sending.world import World

ME = ids.new_id()


def test_a_wave_reads_no_table_from_end_to_end(
    sqlite_database: Database, clock: TurnableClock, tmp_path: Path
) -> None:
    world = World(sqlite_database, clock, tmp_path)
    world.people(4)
    relay, dispatch = world.relay(1, "one"), world.dispatch()
    looks: list[str] = []

    def explain(driver: Any, statement: str, values: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE", "INSERT", "WITH")):
            plan = driver.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            looks.extend(row[3] for row in plan)

    with heard(sqlite_database, explain), sqlite_database.transaction() as session:
        claimed = ledger.claim(session, ME, dispatch, fresh=2, tried=2, now=clock())
        people.seen(session, [one.id for one in claimed])
        wanted = [Wanted(one.id, relay, "a@b.example", 0, True) for one in claimed]
        ledger.begin(session, ME, [*wanted[:1], *(_own(one) for one in wanted[1:])], clock())
        ended = [Heard(one, Reply("final_dot", 250, "ok")) for one in range(1, 3)]
        rules: Any = {"breaker": BreakerSettings(), "give_up": timedelta(hours=24)}
        ledger.finish(session, ended, now=clock(), **rules)
    assert {one for one in looks if one.startswith("SCAN ") and one.split()[1] in _LONG} == set()
    assert any("ix_delivery_again" in one for one in looks)
    assert any("uq_attempt_open" in one or "ix_attempt_delivery" in one for one in looks)


#: Tables that grow with every campaign.
_LONG = ("delivery", "attempt", "contact", "suppression")


def _own(one: Wanted) -> Wanted:
    return Wanted(one.delivery_id, one.relay_id, one.from_email, one.round, fallback=False)
