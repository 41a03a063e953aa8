"""Many rows with one statement: what an ORM does for each row is done once for all of them."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from operator import is_
from typing import Any

from sqlalchemy import Dialect, Executable, Insert, Uuid
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from app.db import Json, UTCDateTime
from app.statements import driving

Process = Callable[[Any], Any] | None
#: The types of the values in a row, by the names of the statement's parameters.
Types = tuple[tuple[str, TypeEngine[Any]], ...]
#: What ends a value, a row or all of them in COPY, or begins what stands for it.
_SPECIAL = ("\\", "\t", "\n", "\r")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_NULL = "\\N"


@dataclass(frozen=True, slots=True)
class Same:
    """A column that has this value in every row."""

    value: Any


#: The values of one column, row by row.
Column = Same | Sequence[Any]


def execute(
    session: Session, statement: Executable, types: Types, count: int, columns: Sequence[Column]
) -> None:
    """Executes ``statement`` for each of ``count`` rows; columns stand in the order of ``types``.

    ``statement`` has to be the same object each time: it is compiled once for each database.
    """
    if not count:
        return
    text, order, processes = _prepared(statement, types, session.get_bind().dialect)
    told = list(map(_turned, processes, columns, repeat(count)))
    names = [name for name, _ in types]
    if order is None:
        rows: Iterable[Any] = (
            dict(zip(names, row, strict=True)) for row in zip(*told, strict=True)
        )
    else:
        rows = zip(*(told[names.index(name)] for name in order), strict=True)
    driving.execute_many(session.connection(), text, list(rows))


def add(
    session: Session, statement: Insert, types: Types, count: int, columns: Sequence[Column]
) -> None:
    """The same for rows that are certainly new: PostgreSQL takes them by COPY, at half the cost."""
    if session.get_bind().dialect.name != "postgresql":
        execute(session, statement, types, count, columns)
    elif count:
        names = ", ".join(name for name, _ in types)
        told = [
            _written(_in_words(kind), column, count)
            for (_, kind), column in zip(types, columns, strict=True)
        ]
        rows = "\n".join(map("\t".join, zip(*told, strict=True)))
        driving.copy(
            session.connection(), f"COPY {statement.table.name} ({names}) FROM STDIN", rows
        )


def _in_words(kind: TypeEngine[Any]) -> Process:
    """How a value becomes text; None: it is one."""
    if isinstance(kind, Uuid):
        return lambda value: value.hex
    if isinstance(kind, UTCDateTime):
        return lambda value: value.isoformat()
    return json.dumps if isinstance(kind, type(Json)) else None


def _written(process: Process, column: Column, count: int) -> Iterable[str]:
    """The values of one column as COPY wants them."""
    if isinstance(column, Same):
        return repeat(_as_text(process, column.value), count)
    if any(map(is_, column, repeat(None))):
        return [_as_text(process, value) for value in column]
    texts = column if process is None else list(map(process, column))
    whole = "".join(texts)
    if any(one in whole for one in _SPECIAL):
        return [one.translate(_ESCAPES) for one in texts]
    return texts


def _as_text(process: Process, value: Any) -> str:
    if value is None:
        return _NULL
    text: str = process(value) if process else value
    return text.translate(_ESCAPES)


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


def _turned(process: Process, column: Column, count: int) -> Iterable[Any]:
    """The values of one column as the driver wants them."""
    if isinstance(column, Same):
        return repeat(process(column.value) if process else column.value, count)
    return column if process is None else list(map(process, column))
