"""Several senders on one PostgreSQL, real processes: nobody twice, limits and breakers shared."""

import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app import clock as clocks
from app.db import Database
from app.sending.engine.lanes import DEPTH
from app.sending.senders import leases
from app.sending.senders.agreed import AgreedClock
from tests.conftest import TurnableClock
from tests.journeys.killed import send_until_idle
from tests.sending.servers import RelayServer
from tests.sending.world import World
from tests.waiting import PATIENCE

SENDERS = 3
Send = Callable[..., None]


@pytest.fixture
def world(postgres_database: Database, clock: TurnableClock, tmp_path: Path) -> World:
    clock.time = datetime.now(UTC)
    return World(postgres_database, clock, tmp_path)


@pytest.fixture
def send(world: World, tmp_path: Path) -> Iterator[Send]:
    """Runs senders side by side until nothing is left; ``apart``: on machines of their own."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.journeys.killed"])
    made: list[Any] = []

    def environ(name: str) -> dict[str, str]:
        return {
            "PRESSFERRY__DATA_DIR": str(tmp_path / name),
            "PRESSFERRY__DATABASE__URL": world.database.engine.url.render_as_string(False),
            "PRESSFERRY__BASE_URL": "http://127.0.0.1:8080",
            "PRESSFERRY__MASTER_KEY": "a master key for tests",
            "PRESSFERRY__NETWORK__ALLOW_PRIVATE": "true",
            "PRESSFERRY__LOG__LEVEL": "error",
        }

    def send(*, apart: bool = False) -> None:
        machines = [f"machine {number if apart else 0}" for number in range(SENDERS)]
        made.extend(
            context.Process(target=send_until_idle, args=(environ(one), 0)) for one in machines
        )
        for one in made:
            one.start()
        for one in made:
            one.join(PATIENCE)
        assert [one.exitcode for one in made] == [0] * SENDERS

    yield send
    for one in made:
        one.kill()


class Arrivals:
    """When mails arrived. None is answered before every sender is there."""

    def __init__(self, world: World, relay: RelayServer, seconds: float) -> None:
        self.times: list[float] = []
        self._world = world
        self._seconds = seconds
        self._complete = False
        relay.before_dot = self._note

    def _note(self) -> None:
        pause = threading.Event()
        while not self._complete:
            with self._world.database.reading() as session:
                there = len(leases.alive(session, datetime.now(UTC)))
            self._complete = self._complete or there == SENDERS
            pause.wait(0.05)
        self.times.append(clocks.monotonic())
        pause.wait(self._seconds)


def test_everybody_once(world: World, send: Send, server: Callable[..., RelayServer]) -> None:
    relay = server()
    Arrivals(world, relay, 0.02)
    world.relay(relay, "one", max_connections=2)
    world.people(300)
    dispatch = world.dispatch()
    send(apart=True)
    assert world.balance(dispatch) == {"sent": 300}
    messages = Counter(message for message, _ in relay.taken)
    assert len(messages) == 300
    assert set(messages.values()) == {1}
    shares = Counter(one.sender_id for one in world.attempts())
    assert len(shares) == SENDERS, "one sender did it all: nothing was proved"


def test_a_limit_holds_for_all_together(
    world: World, send: Send, server: Callable[..., RelayServer]
) -> None:
    relay = server()
    arrivals = Arrivals(world, relay, 0.0)
    world.relay(relay, "one", max_connections=2, rate_per_second=100)
    world.people(400)
    dispatch = world.dispatch()
    send()
    assert world.balance(dispatch) == {"sent": 400}
    assert len(relay.taken) == 400
    # What was begun while the senders gathered waits on the lines: 3 senders, 2 lines each.
    waited = SENDERS * 2 * DEPTH
    assert arrivals.times[-1] - arrivals.times[0] >= (400 - waited - 10) / 100 * 0.9
    assert len({one.sender_id for one in world.attempts()}) > 1


def test_a_daily_limit_is_one_limit(
    world: World, send: Send, server: Callable[..., RelayServer]
) -> None:
    one, two = server(), server()
    world.failover()
    world.relay(one, "one", daily_limit=50)
    world.relay(two, "two")
    world.people(150)
    dispatch = world.dispatch()
    send()
    assert world.balance(dispatch) == {"sent": 150}
    assert (len(one.taken), len(two.taken)) == (50, 100)


def test_one_probe_over_all(world: World, send: Send, server: Callable[..., RelayServer]) -> None:
    relay = server()
    arrivals = Arrivals(world, relay, 0.7)
    past = world.clock() - timedelta(seconds=1)
    world.relay(relay, "one", fail_streak=5, open_until=past, max_connections=2)
    world.people(7)
    dispatch = world.dispatch()
    send()
    assert world.balance(dispatch) == {"sent": 7}
    assert arrivals.times[1] - arrivals.times[0] >= 0.7, "a second one went before the answer"


def test_machines_agree_on_the_time(
    postgres_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = clocks.now
    agreed = AgreedClock(postgres_database)
    assert abs(agreed() - true()) < timedelta(seconds=5)
    monkeypatch.setattr(clocks, "now", lambda: true() + timedelta(hours=1))
    assert agreed() - true() > timedelta(minutes=59)
    agreed.measure()
    assert abs(agreed() - true()) < timedelta(seconds=5)


def test_alone_a_machine_trusts_itself(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(clocks, "now", lambda: moment)
    assert AgreedClock(sqlite_database)() == moment
