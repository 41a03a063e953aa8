"""What is begun: known by its open attempt, whoever looks, and in whatever order they come."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app import ids
from app.contacts.suppression import suppress
from app.db import Database
from app.rules.health.breaker import BreakerSettings
from app.rules.replies.meaning import Reply
from app.sending import ledger
from app.sending.ledger import Heard, Wanted
from app.sending.models import Attempt, Delivery
from migrations import run as migrations
from tests.conftest import TurnableClock
from tests.sending.world import World
from tests.waiting import PATIENCE, until

ME = ids.new_id()
#: The database as it was before.
_SHAPES = Path(migrations.__file__).parent / "versions"
_BEFORE = f"{int(next(_SHAPES.glob('*_begun_is_no_state.py')).name[:4]) - 1:04}"
RULES: dict[str, Any] = {"breaker": BreakerSettings(), "give_up": timedelta(hours=24)}


@pytest.fixture
def wanted(world: World) -> list[Wanted]:
    """Claimed, and in no order."""
    return _claimed(world)


def _claimed(world: World) -> list[Wanted]:
    relay = world.relay(1, "one")
    world.people(6)
    dispatch = world.dispatch()
    with world.database.transaction() as session:
        found = ledger.claim(session, ME, dispatch, fresh=6, tried=1, now=world.clock())
    return [Wanted(one.id, relay, "x@y.example", 0, False) for one in found[::2] + found[1::2]]


def _open(world: World) -> dict[int, int]:
    with world.database.reading() as session:
        rows = select(Attempt.delivery_id, Attempt.id).where(Attempt.outcome.is_(None))
        return dict(session.execute(rows).all())


def _begin(world: World, wanted: list[Wanted]) -> dict[int, int]:
    with world.database.transaction() as session:
        return ledger.begin(session, ME, wanted, world.clock())


def test_each_delivery_gets_its_own_attempt(world: World, wanted: list[Wanted]) -> None:
    begun = _begin(world, wanted)
    assert len(begun) == 6
    assert begun == _open(world)


def test_also_where_some_do_not_pass(world: World, wanted: list[Wanted]) -> None:
    with world.database.transaction() as session:
        out = session.get_one(Delivery, wanted[1].delivery_id).address
        suppress(session, world.workspace_id, [out], "unsubscribed", "", world.clock())
    begun = _begin(world, wanted)
    assert sorted(begun) == sorted({one.delivery_id for one in wanted} - {wanted[1].delivery_id})
    assert begun == _open(world)


def test_what_is_begun_does_not_begin_again(world: World, wanted: list[Wanted]) -> None:
    first = _begin(world, wanted[:2])
    second = _begin(world, wanted[:4])
    assert sorted(second) == sorted(one.delivery_id for one in wanted[2:4])
    assert _open(world) == first | second
    assert _begin(world, wanted[:4]) == {}


@pytest.mark.parametrize("how", ["released", "settled", "put back", "turned"])
def test_nor_is_it_taken_for_claimed(world: World, wanted: list[Wanted], how: str) -> None:
    """Whatever else is done to what a sender has only claimed."""
    begun, now = _begin(world, wanted[:2]), world.clock()
    both = [one.delivery_id for one in wanted[1:3]]
    with world.database.transaction() as session:
        if how == "released":
            ledger.release(session, ME, both, due_at=now)
        elif how == "turned":
            ledger.postpone(session, ME, [(one, now) for one in both], "later")
        elif how == "settled":
            ledger.settle(session, ME, both, state="rejected", reason="x", now=now)
        else:
            ledger.put_back(session, ME, in_hand=[*begun.values()], now=now, **RULES)
    assert _states(world, sorted(begun)) == ["claimed"] * 2
    moved = "rejected" if how == "settled" else "queued"
    assert _states(world, both[1:]) == [moved]
    with world.database.transaction() as session:
        taken = [Heard(one, Reply("final_dot", 250, "ok")) for one in begun.values()]
        ledger.finish(session, taken, now=now, **RULES)
    assert _states(world, sorted(begun)) == ["sent"] * 2


def _states(world: World, deliveries: list[int]) -> list[str]:
    with world.database.reading() as session:
        rows = select(Delivery.state).where(Delivery.id.in_(deliveries)).order_by(Delivery.id)
        return list(session.scalars(rows))


class _Race:
    """Two on PostgreSQL, of whom one waits for the other. SQLite has one writer."""

    def __init__(self, world: World) -> None:
        self.world, self.wanted = world, _claimed(world)

    def settle(self, session: Session) -> None:
        ledger.recover(session, ME, said=None, heard={}, now=self.world.clock(), **RULES)

    def settle_alone(self) -> None:
        with self.world.database.transaction() as session:
            self.settle(session)

    def beside(self, work: Callable[[], None]) -> threading.Thread:
        """Runs ``work`` in a thread, which has to wait for what the block has locked."""
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        until(self._is_one_waiting, "nobody waited for a lock")
        return thread

    def _is_one_waiting(self) -> bool:
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        with self.world.database.reading() as session:
            return bool(session.scalar(waiting))


@pytest.fixture
def race(postgres_database: Database, clock: TurnableClock, tmp_path: Path) -> _Race:
    return _Race(World(postgres_database, clock, tmp_path))


def test_a_begin_that_was_first_is_found_by_who_recovers(race: _Race) -> None:
    """The sender lives after all: what it began must not be queued again."""
    with race.world.database.transaction() as session:
        begun = ledger.begin(session, ME, race.wanted, race.world.clock())
        other = race.beside(race.settle_alone)
    other.join(PATIENCE)
    assert len(begun) == 6
    assert _open(race.world) == {}
    assert _states(race.world, sorted(begun)) == ["unknown"] * 6


def test_a_begin_that_comes_too_late_begins_nothing(race: _Race) -> None:
    begun: list[int] = []
    with race.world.database.transaction() as session:
        race.settle(session)
        other = race.beside(lambda: begun.extend(_begin(race.world, race.wanted)))
    other.join(PATIENCE)
    assert not other.is_alive()
    assert begun == []
    assert _open(race.world) == {}
    assert _states(race.world, sorted(one.delivery_id for one in race.wanted)) == ["queued"] * 6


def test_what_was_begun_before_an_upgrade_still_is(world: World, wanted: list[Wanted]) -> None:
    begun = _begin(world, wanted[:2])
    migrations.downgrade(world.database.engine, _BEFORE)
    assert _states(world, sorted(begun)) == ["begun"] * 2
    assert _states(world, [wanted[2].delivery_id]) == ["claimed"]
    with world.database.reading() as session:
        tried = Delivery.first_tried_at.is_not(None)
        assert session.scalar(select(func.count()).select_from(Delivery).where(tried)) == 2
    migrations.upgrade(world.database.engine)
    assert _states(world, sorted(begun)) == ["claimed"] * 2
    assert _begin(world, wanted[:2]) == {}
