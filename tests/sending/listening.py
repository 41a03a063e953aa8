"""What a database is told, whichever way it is told."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event

from app.db import Database
from app.statements.ready import Form

#: The driver's connection, the statement, its values.
Hear = Callable[[Any, str, Any], None]


@contextmanager
def heard(database: Database, hear: Hear) -> Iterator[None]:
    """Calls ``hear`` before each statement of one thread."""

    def before(connection: Connection, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        hear(connection.connection.driver_connection, statement, values)

    execute = Form.execute

    def before_ready(form: Form, connection: Connection, values: Mapping[str, Any]) -> Any:
        hear(connection.connection.driver_connection, form.text, form.filled(values))
        return execute(form, connection, values)

    event.listen(database.engine, "before_cursor_execute", before)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Form, "execute", before_ready)
            yield
    finally:
        event.remove(database.engine, "before_cursor_execute", before)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The statements, as they come."""
    found: list[str] = []
    with heard(database, lambda _, statement, __: found.append(statement)):
        yield found
