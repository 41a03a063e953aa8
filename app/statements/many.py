"""Many ids as one value of a statement, and many rows as one value of its answer.

A statement with hundreds of values costs more to write and to read than to run, and it is another
one for every count of them. And for every row that is read from SQLite the interpreter's lock is
given away: with a loop that is always busy beside it, that costs more than the row.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, Dialect, Select, Text, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.statements.ready import Asking, Ready, understand, way_of


class Many(TypeDecorator[Sequence[Any]]):
    """A list of such items: an array on PostgreSQL, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type in the words of the database."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(ARRAY(self.item))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        """The list as the database takes it."""
        if value is None or dialect.name == "postgresql":
            return value
        return json.dumps([one.hex if isinstance(one, UUID) else one for one in value])


class Rows:
    """A SELECT, made once, whose rows are wanted all together."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        whole = statement.subquery()
        self._types = [column.type for column in whole.c]
        said = [func.json(one) if isinstance(one.type, JSON) else one for one in whole.c]
        as_json = select(func.json_group_array(func.json_array(*said), type_=Text()))
        self._asking, self._as_json = Asking(statement), Ready(as_json)

    def read(self, session: Session, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """All rows for these values of its parameters; their order is not kept."""
        connection = session.connection()
        if connection.dialect.name != "sqlite":
            return self._asking.all(session, values)
        rows: list[list[Any]] = json.loads(self._as_json.execute(connection, values).fetchone()[0])
        for place, kind in enumerate(self._types):
            if isinstance(kind, JSON):
                continue  # it was read together with the rows
            way = _number if isinstance(kind, Uuid) else way_of(kind, connection.dialect)
            if way is not None:
                understand(rows, place, way)
        return rows


def _number(written: str | None) -> UUID | None:
    """As SQLite keeps it: nothing but its digits."""
    return None if written is None else UUID(int=int(written, 16))


class among(FunctionElement[Any]):  # noqa: N801 - read in a statement, like exists()
    """Whether ``column`` is among the values of the parameter ``name``.

    It has no type: a Boolean would be compared with 1 on SQLite, which then uses no index.
    """

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any] | Any, name: str) -> None:
        super().__init__(column, bindparam(name, type_=Many(column.type)))


@compiles(among, "postgresql")
def _in_array(element: among, compiler: SQLCompiler, **words: Any) -> str:
    column, values = (compiler.process(one, **words) for one in element.clauses)
    return f"{column} = ANY({values})"


@compiles(among, "sqlite")
def _in_json(element: among, compiler: SQLCompiler, **words: Any) -> str:
    column, values = (compiler.process(one, **words) for one in element.clauses)
    # What is put together here was compiled before.
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608
