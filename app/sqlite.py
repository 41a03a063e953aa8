"""What SQLite is told beyond SQL: how safely it writes, and how a writer waits for its turn."""

import os
import sqlite3
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url

from app import clock

#: So long a writer waits for the others; it looks anew after so long.
_BUSY_MS, _LOOK_MS = 15_000, 5
_PRAGMAS = (
    f"busy_timeout={_BUSY_MS}",
    "journal_mode=WAL",
    "synchronous=FULL",
    # Pages are written again and again by wave after wave: carry them over less often.
    "wal_autocheckpoint=4000",
    "foreign_keys=ON",
)


def opened(url: str) -> Engine:
    """An engine for the file that ``url`` names; one that is new is for its owner's eyes only."""
    _kept_private(make_url(url).database or "")
    engine = create_engine(
        url,
        connect_args={"timeout": 15, "check_same_thread": False},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        # SQLite's own lower() knows only ASCII; PostgreSQL's knows every letter.
        connection.create_function("lower", 1, _lower, deterministic=True)

    return engine


def _kept_private(path: str) -> None:
    """Makes the file before SQLite does, which would let everybody on the machine read it.

    What SQLite puts beside it (``-wal``, ``-shm``) takes after it. One that cannot be made is
    SQLite's to complain of.
    """
    if path and not path.startswith((":", "file:")):
        with suppress(OSError):
            os.close(os.open(path, os.O_RDONLY | os.O_CREAT, 0o600))


def begin_reading(connection: Connection) -> None:
    """Begins what only reads: it waits for nobody."""
    connection.exec_driver_sql("BEGIN")


def begin(connection: Connection, *, durable: bool) -> None:
    """Begins as the only writer; ``durable``: its commit waits for the disk.

    Takes the lock of writers within milliseconds of its release. SQLite's own waiting looks ever
    more rarely, every tenth of a second in the end, and so misses the gaps that a busy sender
    leaves. So it is asked to give up early, and asked again.
    """
    wanted = "FULL" if durable else "NORMAL"
    if connection.info.get("synchronous", "FULL") != wanted:
        connection.exec_driver_sql(f"PRAGMA synchronous={wanted}")
        connection.info["synchronous"] = wanted
    if not _begun_at_once(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begun_at_once(connection: Connection) -> bool:
    raw: Any = connection.connection.driver_connection
    end = clock.monotonic() + _BUSY_MS / 1000
    raw.execute(f"PRAGMA busy_timeout={_LOOK_MS}")
    try:
        while clock.monotonic() < end:
            try:
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
            else:
                return True
    finally:
        raw.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    return False


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value
