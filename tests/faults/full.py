"""SQLite's file may not grow any more, as on a full disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from app.db import Database

_AS_MANY_AS_ANYBODY_WANTS = 2**30


@contextmanager
def full(database: Database) -> Iterator[None]:
    """In the block, for every connection that is taken in it."""
    most = 1  # as many pages as there are already, says SQLite

    def limit(connection: Any, *_: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={most}")

    event.listen(database.engine, "checkout", limit)
    yield
    most = _AS_MANY_AS_ANYBODY_WANTS
