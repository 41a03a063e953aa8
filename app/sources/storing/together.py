"""The changes of a page as one statement of PostgreSQL, which else takes them one by one.

Its rows travel as one JSON value; what is the same in all of them stands there once.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from app.sources.storing import statements
from app.sources.storing.bulk import Column, Same, Types
from app.statements import driving

_ROWS = "FROM json_to_recordset(%s::json) AS given({}), json_to_record(%s::json) AS same({})"
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def can(session: Session) -> bool:
    """Whether the database is PostgreSQL."""
    return session.get_bind().dialect.name == "postgresql"


def update(session: Session, columns: Sequence[Column]) -> None:
    """Changes contacts (``statements.UPDATED``), in no order."""
    where, rows, told = _rows(statements.UPDATED, columns)
    changes = ", ".join(f"{name} = {where[name]}" for name, _ in statements.UPDATED[1:])
    text = f"UPDATE contact SET {changes} {rows} WHERE id = given.which"  # noqa: S608 - our names
    driving.execute(session.connection(), text, told, keeps_plan=False)


def note(session: Session, columns: Sequence[Column]) -> None:
    """Writes down what rows said (``statements.NOTED``), each once, over what they said before."""
    where, rows, told = _rows(statements.NOTED, columns)
    names = [name for name, _ in statements.NOTED]
    said = ", ".join(where[name] for name in names)
    changes = ", ".join(f"{name} = excluded.{name}" for name in statements.KEPT)
    driving.execute(
        session.connection(),
        f"INSERT INTO source_row ({', '.join(names)}) SELECT {said} {rows} "
        f"ON CONFLICT (connection_id, source_id) DO UPDATE SET {changes}",
        told,
        keeps_plan=False,
    )


def _rows(types: Types, columns: Sequence[Column]) -> tuple[Mapping[str, str], str, list[str]]:
    """Where each value of a row is found, the tables it is found in, and what they hold."""
    given, same, where = [], [], {}
    many, once = dict[str, Sequence[Any]](), dict[str, Any]()
    for (name, kind), column in zip(types, columns, strict=True):
        if isinstance(column, Same):
            same.append(f"{name} {_in_words(kind)}")
            where[name], once[name] = f"same.{name}", column.value
        else:
            given.append(f"{name} {_in_words(kind)}")
            where[name], many[name] = f"given.{name}", column
    rows = [dict(zip(many, row, strict=True)) for row in zip(*many.values(), strict=True)]
    told = [json.dumps(one, default=_said) for one in (rows, once)]
    return where, _ROWS.format(", ".join(given), ", ".join(same)), told


@cache
def _in_words(kind: TypeEngine[Any]) -> str:
    return kind.compile(dialect=_DIALECT)


def _said(value: UUID | datetime) -> str:
    return value.hex if isinstance(value, UUID) else value.isoformat()
