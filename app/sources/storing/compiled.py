"""Statements that are compiled once for each database instead of for each page of a run."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

from app.sources.storing import driving
from app.sources.storing.bulk import Process


class ByDialect:
    """A statement in the words of each database."""

    def __init__(self, sqlite: Any, postgresql: Any) -> None:
        self._words = {"sqlite": sqlite, "postgresql": postgresql}

    def of(self, dialect: Dialect) -> Any:
        """The one for a database."""
        return self._words[dialect.name]


@dataclass(frozen=True, slots=True)
class Compiled:
    """``order``: of the values, where they have no names. ``given``: values that it brings along.

    ``binds``: how values are told to the driver. ``reads``: how those columns of its rows that are
    not as we want them are turned, by their place.
    """

    text: str
    order: Sequence[str] | None
    given: Mapping[str, Any]
    binds: Mapping[str, Process]
    reads: Sequence[tuple[int, Any]]

    def told(self, values: Mapping[str, Any]) -> Any:
        """The values as the driver wants them."""
        found = dict(self.given)
        for name, value in values.items():
            turn = self.binds[name]
            found[name] = turn(value) if turn else value
        return found if self.order is None else tuple([found[name] for name in self.order])

    def turned(self, row: Sequence[Any]) -> Sequence[Any]:
        """A row of the driver in our types."""
        if not self.reads:
            return row
        found = list(row)
        for place, turn in self.reads:
            found[place] = turn(found[place])
        return found


def ask(session: Session, statement: ByDialect, **values: Any) -> list[Sequence[Any]]:
    """The rows of a query."""
    rows: list[Any] = list(map(list, raw(session, statement, **values)))
    for place, turn in of(session, statement).reads:
        _turn(rows, place, turn)
    return rows


def raw(session: Session, statement: ByDialect, **values: Any) -> Sequence[Sequence[Any]]:
    """The same as the driver gives them."""
    known = of(session, statement)
    rows: Sequence[Sequence[Any]] = driving.execute(
        session, known.text, known.told(values)
    ).fetchall()
    return rows


def tell(session: Session, statement: ByDialect, **values: Any) -> int:
    """How many rows a change changed that goes by the key of a row."""
    known = of(session, statement)
    found: int = driving.execute(session, known.text, known.told(values), keeps_plan=True).rowcount
    return found


def of(session: Session, statement: ByDialect) -> Compiled:
    """A statement for the session's database."""
    return _compiled(statement, session.get_bind().dialect)


def array(values: Iterable[str | UUID]) -> str:
    """Several values as one, each once."""
    found = dict.fromkeys(values)
    return json.dumps([one if isinstance(one, str) else one.hex for one in found])


def _turn(rows: list[Any], place: int, turn: Callable[[Any], Any]) -> None:
    """The values at ``place`` in our types; of texts, those that are alike once."""
    known: dict[str, Any] = {}
    for row in rows:
        said = row[place]
        if not isinstance(said, str):
            row[place] = turn(said)
        elif said in known:
            row[place] = known[said]
        else:
            row[place] = known[said] = turn(said)


@lru_cache(maxsize=128)
def _compiled(statement: ByDialect, dialect: Dialect) -> Compiled:
    words = statement.of(dialect)
    compiled = words.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    binds: dict[str, Process] = {
        name: bind.type.dialect_impl(dialect).bind_processor(dialect)
        for name, bind in compiled.binds.items()
    }
    given = {
        name: turn(bind.value) if (turn := binds[name]) else bind.value
        for name, bind in compiled.binds.items()
        if not bind.required
    }
    columns = words.selected_columns if words.is_select else ()
    turns = [one.type.dialect_impl(dialect).result_processor(dialect, None) for one in columns]
    reads = [(place, turn) for place, turn in enumerate(turns) if turn]
    return Compiled(compiled.string, compiled.positiontup, given, binds, reads)
