"""What tests stand on: real databases, a clock that can be turned, and nothing from outside."""

import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog
from flask import Flask
from hypothesis import HealthCheck, settings
from sqlalchemy import NullPool, create_engine, text

from tests import postgres, statements

# Hundreds of processes are started, and without bytecode each would compile all that it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
#: Seconds for a PostgreSQL server to start.
os.environ.setdefault("PGCTLTIMEOUT", str(postgres.PATIENCE))

from app.clock import now
from app.db import Database
from app.dev import ports
from app.models import Base
from app.runtime import Runtime
from app.vault import Vault
from migrations import run as migrations
from tests.sending.servers import RelayServer

sys.dont_write_bytecode = False
statements.shared()

# An example may take its time: this machine may be busy elsewhere.
settings.register_profile(
    "patient",
    settings.default,
    deadline=None,
    suppress_health_check={*settings.default.suppress_health_check, HealthCheck.too_slow},
)
settings.load_profile("patient")

# With the values of variables, as is usual where `rich` is installed, one takes seconds.
plainly = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plainly])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Three for two cores: half of the time a test waits for the disk or for a process."""
    ours = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))
    return max(2, len(ours(0)) * 3 // 2)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where CI is set nothing may be skipped: a skipped test would look like a passed one."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


class TurnableClock:
    """A clock that stands still until it is turned. Call it for the time."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def turn(self, **delta: float) -> datetime:
        """Turns it on by ``timedelta(**delta)``."""
        self.time += timedelta(**delta)
        return self.time


@pytest.fixture
def clock() -> TurnableClock:
    """A clock the test turns."""
    return TurnableClock()


@pytest.fixture(autouse=True)
def _network_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing leaves this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"a test wanted to leave this machine for {address!r}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server; ends with the name of its maintenance database.

    PRESSFERRY_TEST_DATABASE_URL names one; else a wheel brings one, shared by all test workers.
    """
    if url := os.environ.get("PRESSFERRY_TEST_DATABASE_URL"):
        yield url
        return
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    with postgres.alone():
        server = postgres.shared(postgres.folder() / run[:12])
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    with postgres.alone():
        postgres.ended(server)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    database = Database(f"sqlite:///{path}")
    migrations.upgrade(database.engine)
    database.close()
    return path


@pytest.fixture(scope="session")
def _postgres_own(postgres_url: str) -> Iterator[str]:
    """The URL of this test worker's own migrated database."""
    name = f"test_{uuid4().hex}"
    _postgres_command(postgres_url, f"CREATE DATABASE {name}")
    url = _with_name(postgres_url, name)
    database = Database(url)
    migrations.upgrade(database.engine)
    database.close()
    yield url
    _postgres_command(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_database(_sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A fresh, migrated SQLite database."""
    path = tmp_path / "pressferry.db"
    shutil.copy(_sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture
def postgres_database(_postgres_own: str) -> Iterator[Database]:
    """A migrated PostgreSQL database with nothing in it.

    Emptied before each test: ten times faster than making one. Who was still in it, say a
    process that a test killed, is thrown out first.
    """
    _empty(_postgres_own)
    database = Database(_postgres_own, pool_size=4)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """Every test that takes this runs on SQLite and on PostgreSQL."""
    which = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    found: Database = request.getfixturevalue(which)
    return found


@pytest.fixture(scope="session")
def web() -> Iterator[Flask]:
    """The web application, put together once: that takes longer than most tests. Who uses it says
    what is running behind it.
    """
    from app.wsgi import create_app  # not needed by tests that ask nothing over HTTP

    database = Database("sqlite://")
    vault = Vault(["a master key for tests"])
    yield create_app(Runtime(database, vault, now, "http://127.0.0.1:8080"))
    database.close()


@pytest.fixture
def server() -> Iterator[Callable[..., RelayServer]]:
    """Makes SMTP servers that listen, in threads of this process.

    Whoever talks to them from this process needs threads that change more often than usual.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0002)
    made: list[RelayServer] = []

    def make(**more: Any) -> RelayServer:
        made.append(RelayServer(**more).start())
        return made[-1]

    yield make
    for one in made:
        one.end()
    sys.setswitchinterval(before)


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A port on which nobody listens, nor will: who looks for a free one is not given it."""
    with ports.kept() as port:
        yield ports.number(port)


def _with_name(url: str, name: str) -> str:
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


def _empty(url: str) -> None:
    """Removes what is in it; looks only at tables that have a page. Vacuuming takes that away."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        used = set(
            connection.scalars(
                text(
                    "SELECT relname FROM pg_class WHERE relkind = 'r'"
                    " AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0"
                )
            )
        )
        tables = [one.name for one in reversed(Base.metadata.sorted_tables) if one.name in used]
        if tables:
            connection.exec_driver_sql("; ".join(f"DELETE FROM {name}" for name in tables))
            connection.exec_driver_sql(f"VACUUM {', '.join(tables)}")
        # Numbers begin anew as well: what counts through them takes no longer after many tests.
        connection.execute(
            text(
                "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)"
                " FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
            )
        )


def _postgres_command(url: str, *commands: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        for command in commands:
            connection.execute(text(command))
