"""The floor under a wave: the very statements that ours told the database, by its bare driver."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, event, make_url, text

from app.db import Database
from app.statements.ready import Form

_BEGIN, _COMMIT = "begin", "commit"


@dataclass(slots=True)
class Told:
    """What a database was told, in order: statements with their values, begins and commits."""

    statements: list[tuple[str, Any]] = field(default_factory=list)

    def again(self, url: str) -> float:
        """Seconds that it takes on a copy of that database, when nothing is done beside it."""
        database = Database(url)
        pooled = database.engine.raw_connection()
        driver: Any = pooled.driver_connection
        start = time.perf_counter()
        for statement, values in self.statements:
            if statement == _COMMIT:
                driver.commit()
            elif statement == _BEGIN:
                if database.is_sqlite:
                    driver.execute("BEGIN IMMEDIATE")
            else:
                cursor = driver.execute(statement, values)
                if cursor.description:
                    cursor.fetchall()
        seconds = time.perf_counter() - start
        pooled.close()
        database.close()
        return seconds


@contextmanager
def told(database: Database) -> Iterator[Told]:
    """Hears everything that is said to a database by one thread."""
    found = Told()
    execute = Form.execute

    def ready(form: Form, connection: Connection, values: Mapping[str, Any]) -> Any:
        found.statements.append((form.text, form.filled(values)))
        return execute(form, connection, values)

    def others(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        found.statements.append((statement, values))

    listeners: dict[str, Callable[..., Any]] = {
        "begin": lambda _: found.statements.append((_BEGIN, ())),
        "before_cursor_execute": others,
        "commit": lambda _: found.statements.append((_COMMIT, ())),
    }
    for name, hear in listeners.items():
        event.listen(database.engine, name, hear)
    Form.execute = ready  # type: ignore[method-assign, assignment]
    try:
        yield found
    finally:
        Form.execute = execute  # type: ignore[method-assign]
        for name, hear in listeners.items():
            event.remove(database.engine, name, hear)


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
