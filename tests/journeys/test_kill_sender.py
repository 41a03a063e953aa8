"""kill -9 of a sender around every commit and every line of its journal, then a restart:
nobody twice, nobody lost, and what cannot be known is called unknown.
"""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.db import Database
from tests.conftest import TurnableClock
from tests.journeys.killed import send_until_idle
from tests.sending.servers import RelayServer
from tests.sending.world import World
from tests.waiting import PATIENCE

PEOPLE = 6
#: The points at which a run is killed are dealt out to so many tests; each goes on until a run
#: passes no more points and ends in peace.
SHARES = 8


@pytest.fixture
def world(database: Database, clock: TurnableClock, tmp_path: Path) -> World:
    clock.time = datetime.now(UTC)
    return World(database, clock, tmp_path)


@pytest.fixture
def server() -> Iterator[RelayServer]:
    one = RelayServer().start()
    yield one
    one.end()


@pytest.fixture
def run(world: World, tmp_path: Path) -> Callable[[int], int]:
    """Runs a sender process to its end; gives back its exit code."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.journeys.killed"])
    environ = {
        "PRESSFERRY__DATA_DIR": str(tmp_path),
        "PRESSFERRY__DATABASE__URL": world.database.engine.url.render_as_string(False),
        "PRESSFERRY__BASE_URL": "http://127.0.0.1:8080",
        "PRESSFERRY__MASTER_KEY": "a master key for tests",
        "PRESSFERRY__NETWORK__ALLOW_PRIVATE": "true",
        "PRESSFERRY__LOG__LEVEL": "error",
    }

    def run(fatal: int) -> int:
        process = context.Process(target=send_until_idle, args=(environ, fatal))
        process.start()
        process.join(PATIENCE)
        assert process.exitcode is not None, "the sender hangs"
        return process.exitcode

    return run


@pytest.mark.parametrize("share", range(SHARES))
def test_killed_anywhere(
    world: World, server: RelayServer, run: Callable[[int], int], share: int
) -> None:
    world.relay(server, "one", max_connections=1)
    world.people(PEOPLE)
    for fatal in range(1 + share, 1000, SHARES):
        dispatch = world.dispatch()
        server.taken.clear()
        code = run(fatal)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        assert run(0) == 0
        balance = world.balance(dispatch)
        assert sum(balance.values()) == PEOPLE
        assert set(balance) <= {"sent", "unknown"}, f"killed at {fatal}: {balance}"
        assert balance.get("unknown", 0) <= 2, "only what was in flight may be in doubt"
        counts = {who: server.recipients.count(who) for who in server.recipients}
        assert set(counts.values()) <= {1}, f"killed at {fatal}: {counts}"
        for one in world.deliveries(dispatch):
            if one.state == "sent":
                assert counts.get(one.email) == 1, f"killed at {fatal}: {one.email} was lost"
    else:
        raise AssertionError("no run ever ended in peace")
    assert fatal > 10
