"""The floor under what we store: the very statements that ours told a database, by its driver."""

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, event, make_url, text

from app.db import Database
from app.statements import driving

#: Does something once more, with a driver's connection.
Again = Callable[[Any], None]


@dataclass(slots=True)
class Told:
    """What a database was told, in order: statements with their values, begins and commits."""

    said: list[Again] = field(default_factory=list)

    def again(self, url: str) -> float:
        """Seconds that it takes on a copy of that database, when nothing is done beside it."""
        database = Database(url)
        pooled = database.engine.raw_connection()
        start = time.perf_counter()
        for one in self.said:
            one(pooled.driver_connection)
        seconds = time.perf_counter() - start
        pooled.close()
        database.close()
        return seconds


@contextmanager
def told(database: Database) -> Iterator[Told]:
    """Hears everything that is said to a database by one thread."""
    found = Told()
    begins = [_said("BEGIN IMMEDIATE", ())] if database.is_sqlite else []

    def others(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        found.said.append(_said(statement, values))

    listeners: dict[str, Callable[..., Any]] = {
        "begin": lambda _: found.said.extend(begins),
        "before_cursor_execute": others,
        "commit": lambda _: found.said.append(lambda driver: driver.commit()),
    }
    with _heard(found.said), _listening(database, listeners):
        yield found


@contextmanager
def _listening(database: Database, listeners: Mapping[str, Callable[..., Any]]) -> Iterator[None]:
    for name, hear in listeners.items():
        event.listen(database.engine, name, hear)
    try:
        yield
    finally:
        for name, hear in listeners.items():
            event.remove(database.engine, name, hear)


@contextmanager
def _heard(said: list[Again]) -> Iterator[None]:
    """Notes what is told to the driver itself."""
    ways: dict[str, Callable[..., Again]] = {
        "execute": _said,
        "execute_many": _said_of_many,
        "copy": _copied,
    }
    before = {name: getattr(driving, name) for name in ways}

    def noting(name: str) -> Callable[..., Any]:
        def note(connection: Connection, *told: Any, **how: Any) -> Any:
            said.append(ways[name](*told, **how))
            return before[name](connection, *told, **how)

        return note

    for name in ways:
        setattr(driving, name, noting(name))
    try:
        yield
    finally:
        for name, do in before.items():
            setattr(driving, name, do)


def _said(statement: str, values: Any, *, keeps_plan: bool = True) -> Again:
    def again(driver: Any) -> None:
        is_new = not keeps_plan and not isinstance(driver, sqlite3.Connection)
        cursor = driver.execute(statement, values, **({"prepare": False} if is_new else {}))
        if cursor.description:
            cursor.fetchall()

    return again


def _said_of_many(statement: str, rows: Sequence[Any]) -> Again:
    return lambda driver: driver.cursor().executemany(statement, rows)


def _copied(statement: str, rows: str) -> Again:
    def again(driver: Any) -> None:
        with driver.cursor().copy(statement) as taking:
            taking.write(rows)

    return again


def copy(url: str) -> str:
    """The URL of a copy of a database that nobody uses at the moment."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        shutil.copy(str(parsed.database), f"{parsed.database}.copy")
        return f"{url}.copy"
    other = parsed.set(database="bare")
    database = Database(parsed.set(database="template1").render_as_string(hide_password=False))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'CREATE DATABASE bare TEMPLATE "{parsed.database}"'))
    database.close()
    return other.render_as_string(hide_password=False)
