"""Many ids as one value of a statement.

A statement with hundreds of values costs more to write and to read than to run, and it is another
one for every count of them.
"""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Dialect, Text, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


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
