"""The lock beside an SQLite file: who holds it is the only sender of that database."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from app.db import Database


class Lock:
    """Holds even when two data dirs share the database. Elsewhere there is nothing to hold."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def taken(self) -> bool:
        """Takes it if it is free."""
        if self._file is None:
            return True
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def beside(database: Database) -> Iterator[Lock]:
    """The lock of this database, not yet taken; the system lets go of it at the end."""
    name = make_url(database.url).database
    if not database.is_sqlite or not name:
        yield Lock(None)
        return
    path = Path(name)
    with open(path.with_name(path.name + ".sender"), "a") as file:
        yield Lock(file)
