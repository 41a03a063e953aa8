"""Every fault, with one relay and with failover: nobody lost, nobody twice, nothing made up."""

import errno
import multiprocessing
import os
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.db import Database
from app.wire import journal
from tests.conftest import TurnableClock
from tests.faults import sicknesses
from tests.faults.conftest import Tell
from tests.faults.page import ALONE_ON_POSTGRES, ON_POSTGRES, WAYS
from tests.faults.postgres import own_server  # noqa: F401
from tests.faults.sicknesses import Fault
from tests.faults.stage import Stage
from tests.journeys.killed import send_until_idle
from tests.waiting import PATIENCE

KILLS = 20
#: Their databases are chosen by the test.
two_ways = pytest.mark.parametrize("ways", WAYS[:2], indirect=True)


@pytest.fixture
def stage(
    request: pytest.FixtureRequest, clock: TurnableClock, tmp_path: Path, ways: str
) -> Iterator[Stage]:
    which = "postgres_database" if ways in ON_POSTGRES else "sqlite_database"
    database: Database = request.getfixturevalue(which)
    made = Stage(database, clock, tmp_path, failover=not ways.startswith("one relay"))
    with closing(made) as stage:
        yield stage


@pytest.mark.parametrize("fault", sicknesses.PLAYED, ids=lambda fault: fault.name)
def test_a_sick_relay(stage: Stage, tell: Tell, fault: Fault) -> None:
    _play(stage, tell, fault)


@pytest.mark.parametrize("ways", [ALONE_ON_POSTGRES], indirect=True)
@pytest.mark.parametrize("fault", sicknesses.WAITED_OUT, ids=lambda fault: fault.name)
def test_the_only_relay_is_sick(stage: Stage, tell: Tell, fault: Fault) -> None:
    _play(stage, tell, fault)


def _play(stage: Stage, tell: Tell, fault: Fault) -> None:
    stage.hasty = fault.silent
    stage.world.change(stage.first, **{"encryption": "none"} | fault.relay)
    stage.relays[0].sickness = fault.sickness
    stage.send()
    stage.world.change(stage.first, encryption="none")  # what a person would mend
    stage.mend()
    tell(fault, stage.counted())


def test_connection_refused(stage: Stage, tell: Tell) -> None:
    stage.relays[0].hush()
    stage.send()
    stage.relays[0].listen()
    stage.mend()
    tell(sicknesses.REFUSED, stage.counted())


@pytest.mark.parametrize(
    ("fault", "days"), [(sicknesses.FORWARD, 2), (sicknesses.BACK, -2)], ids=["ahead", "back"]
)
def test_the_clock_jumps(stage: Stage, tell: Tell, fault: Fault, days: int) -> None:
    stage.send(during=lambda: _turn(stage.world.clock, days))
    if days < 0:  # what was due waits until it is due again
        _turn(stage.world.clock, -days)
    stage.mend()
    tell(fault, stage.counted())


def _turn(clock: TurnableClock, days: int) -> None:
    clock.turn(days=days)


@pytest.mark.parametrize("torn", [False, True], ids=["no line", "half a line"])
def test_the_disk_is_full(
    stage: Stage, tell: Tell, monkeypatch: pytest.MonkeyPatch, torn: bool
) -> None:
    """The journal cannot be written: the sender stops, and the next one goes on."""
    write, lines = os.write, iter(range(1000))

    def full(file: int, data: bytes) -> int:
        if data[:2] not in (b"D ", b"R ") or next(lines) < 15:
            return write(file, data)
        if torn:
            return write(file, data[:3])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(journal.os, "write", full)
        stage.send()
    stage.mend()
    tell(sicknesses.TORN if torn else sicknesses.DISK_FULL, stage.counted())


@two_ways
def test_kill_of_the_sender(
    sqlite_database: Database, clock: TurnableClock, tmp_path: Path, ways: str, tell: Tell
) -> None:
    """kill -9 at random moments after it began to send, twenty times, in one campaign."""
    clock.time = datetime.now(UTC)
    chance = random.Random(ways)
    environ = {
        "PRESSFERRY__DATA_DIR": str(tmp_path),
        "PRESSFERRY__DATABASE__URL": sqlite_database.engine.url.render_as_string(False),
        "PRESSFERRY__BASE_URL": "http://127.0.0.1:8080",
        "PRESSFERRY__MASTER_KEY": "a master key for tests",
        "PRESSFERRY__NETWORK__ALLOW_PRIVATE": "true",
        "PRESSFERRY__LOG__LEVEL": "error",
    }
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.journeys.killed"])
    made = Stage(sqlite_database, clock, tmp_path, failover=ways == "failover", people=400)
    with closing(made) as stage:
        stage.relays[0].sickness = sicknesses.BRIEF
        for _ in range(KILLS):
            sender = context.Process(target=send_until_idle, args=(environ, 0))
            sender.start()
            before = len(stage.relays[0].taken)
            stage.wait(lambda seen=before: len(stage.relays[0].taken) > seen)
            sender.join(chance.uniform(0, 0.05))
            assert sender.is_alive(), "done before it could be killed: more people are needed"
            sender.kill()
            sender.join(PATIENCE)
        last = context.Process(target=send_until_idle, args=(environ, 0))
        last.start()
        last.join(PATIENCE)
        assert last.exitcode == 0
        tell(sicknesses.KILLED, stage.counted(doubts=KILLS * 2))


@two_ways
def test_the_database_restarts(
    own_server: tuple[Database, Callable[[], None]],  # noqa: F811
    clock: TurnableClock,
    tmp_path: Path,
    ways: str,
    tell: Tell,
) -> None:
    """As after a crash, three times while the campaign goes out."""
    database, restart = own_server

    def thrice() -> None:
        for _ in range(3):
            restart()

    made = Stage(database, clock, tmp_path, failover=ways == "failover", people=400)
    with closing(made) as stage:
        stage.relays[0].sickness = sicknesses.BRIEF
        stage.send(during=thrice)
        stage.mend()
        tell(sicknesses.RESTART, stage.counted())
