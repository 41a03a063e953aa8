"""Many rows with one statement: what an ORM does for each row is done once for all of them."""

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, Executable, Insert, Uuid
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from app.db import Json, UTCDateTime
from app.postgres import COPY

Process = Callable[[Any], Any] | None
#: The types of the values in a row, by the names of the statement's parameters.
Types = tuple[tuple[str, TypeEngine[Any]], ...]


def execute(
    session: Session, statement: Executable, types: Types, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Executes ``statement`` for each of ``rows``, whose values stand in the order of ``types``.

    ``statement`` has to be the same object each time: it is compiled once for each database.
    """
    if not rows:
        return
    dialect = session.get_bind().dialect
    text, order, processes = _prepared(statement, types, dialect)
    columns = [
        _turned(process, values)
        for process, values in zip(processes, zip(*rows, strict=True), strict=True)
    ]
    names = [name for name, _ in types]
    connection = session.connection()
    if order is None:
        told: Any = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    else:
        told = list(zip(*(columns[names.index(name)] for name in order), strict=True))
    connection.exec_driver_sql(text, told)


def add(session: Session, statement: Insert, types: Types, rows: Sequence[tuple[Any, ...]]) -> None:
    """The same for rows that are certainly new: PostgreSQL takes them by COPY, at half the cost."""
    if session.get_bind().dialect.name != "postgresql":
        execute(session, statement, types, rows)
    elif rows:
        names = ", ".join(name for name, _ in types)
        columns = [
            _turned(_in_words(kind), values)
            for (_, kind), values in zip(types, zip(*rows, strict=True), strict=True)
        ]
        session.connection().exec_driver_sql(
            f"COPY {statement.table.name} ({names}) FROM STDIN",
            list(zip(*columns, strict=True)),
            execution_options={COPY: True},
        )


def _in_words(kind: TypeEngine[Any]) -> Process:
    """How a value is written where the driver knows nothing of the column; None: as it is."""
    if isinstance(kind, Uuid):
        return lambda value: None if value is None else value.hex
    if isinstance(kind, UTCDateTime):
        return lambda value: value.isoformat()
    if isinstance(kind, type(Json)):
        return lambda value: None if value is None else json.dumps(value)
    return None


@lru_cache(maxsize=64)
def _prepared(
    statement: Executable, types: Types, dialect: Dialect
) -> tuple[str, list[str] | None, list[Process]]:
    """The text of a statement, the order of its parameters if they have no names there."""
    keys = [name for name, _ in types]
    compiled = statement.compile(dialect=dialect, column_keys=keys)  # type: ignore[attr-defined]
    assert isinstance(compiled, SQLCompiler)
    processes: list[Process] = [
        kind.dialect_impl(dialect).bind_processor(dialect) for _, kind in types
    ]
    return compiled.string, compiled.positiontup, processes


def _turned(process: Process, values: tuple[Any, ...]) -> Sequence[Any]:
    """The values of one column as the driver wants them."""
    if process is None:
        return values
    first = values[0]
    if all(value is first for value in values):
        return [process(first)] * len(values)
    return [process(value) for value in values]
