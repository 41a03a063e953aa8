"""Many rows of which some may be there already: one statement, however many they are.

PostgreSQL takes rows one by one where an INSERT says what to do with those that are there; so they
travel as one JSON value. SQLite takes them one by one without a way to anybody.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from app.statements import driving

_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]


class Put:
    """Writes the ``columns`` of rows into a table.

    A row that is there already, by any rule that says so, stays as it is. With ``key``: by these
    columns, of which each row has others, and its ``changes`` are written over.
    """

    def __init__(
        self,
        table: Any,
        columns: Sequence[str],
        *,
        key: Sequence[str] = (),
        changes: Sequence[str] = (),
    ) -> None:
        names = ", ".join(map(_quoted, columns))
        over = ", ".join(f"{_quoted(name)} = excluded.{_quoted(name)}" for name in changes)
        then = f"({', '.join(map(_quoted, key))}) DO UPDATE SET {over}" if key else "DO NOTHING"
        self._table, self._columns = cast(Table, table.__table__), columns
        self._into = f"INSERT INTO {self._table.name} ({names}) {{}} ON CONFLICT {then}"
        self._ways: list[Callable[[Any], Any] | None] | None = None

    @cached_property
    def _kinds(self) -> list[TypeEngine[Any]]:
        """Known once all tables are: a foreign key is what it points at."""
        return [self._table.c[name].type for name in self._columns]

    @cached_property
    def _one_by_one(self) -> str:
        return self._into.format(f"VALUES ({', '.join('?' * len(self._columns))})")

    @cached_property
    def _together(self) -> str:
        names = ", ".join(map(_quoted, self._columns))
        said = ", ".join(map(_named, self._columns, self._kinds))
        rows = f"json_to_recordset(%s::json) AS given({said})"
        return self._into.format(f"SELECT {names} FROM {rows}")  # noqa: S608 - our names

    def rows(self, session: Session, rows: Sequence[Sequence[Any]]) -> None:
        """Writes rows, their values in the order of the columns."""
        if not rows:
            return
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            columns = (_each(_word, column) for column in zip(*rows, strict=True))
            told = [
                dict(zip(self._columns, row, strict=True)) for row in zip(*columns, strict=True)
            ]
            asked = [json.dumps(told)]
            driving.execute(connection, self._together, asked, keeps_plan=False)
        else:
            driving.execute_many(
                connection, self._one_by_one, self._turned(rows, connection.dialect)
            )

    def _turned(self, rows: Sequence[Sequence[Any]], dialect: Dialect) -> Iterable[Any]:
        """The rows as SQLite's driver wants their values."""
        if self._ways is None:
            self._ways = [
                kind.dialect_impl(dialect).bind_processor(dialect) for kind in self._kinds
            ]
        columns = zip(self._ways, zip(*rows, strict=True), strict=True)
        told = [column if way is None else _each(way, column) for way, column in columns]
        return list(zip(*told, strict=True))


def _each(way: Callable[[Any], Any], column: Iterable[Any]) -> Iterator[Any]:
    """The values of a column in a database's words; one that stays the same is turned once."""
    before = told = None
    for value in column:
        if value is not before:
            before, told = value, way(value)
        yield told


def _word(value: Any) -> Any:
    """A value as JSON can say it."""
    if isinstance(value, UUID):
        return value.hex
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise ValueError(f"naive datetime {value!r}: every instant must carry its zone")
    return value.isoformat()


def _quoted(name: str) -> str:
    return f'"{name}"'


def _named(name: str, kind: TypeEngine[Any]) -> str:
    return f"{_quoted(name)} {kind.compile(dialect=_POSTGRESQL)}"
