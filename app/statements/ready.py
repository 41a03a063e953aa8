"""What runs with every wave or page is compiled when it is first wanted, for each kind of database;
from then on only its values are put into the driver's words.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Executable, Select, literal_column
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from app.statements import driving

_Put = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class Form:
    """A statement in the words of one database. ``fixed``: values that it has itself, as the driver
    takes them; ``given``: name and way to the driver of those that are handed in; ``places``: the
    order in which the driver wants them, where it goes by that.
    """

    text: str
    fixed: Mapping[str, Any]
    given: Sequence[tuple[str, _Put]]
    places: Sequence[str]

    def filled(self, values: Mapping[str, Any]) -> Sequence[Any] | Mapping[str, Any]:
        """All values as the driver takes them."""
        filled = dict(self.fixed)
        for name, put in self.given:
            value = values[name]
            filled[name] = value if put is None or value is None else put(value)
        return [filled[name] for name in self.places] if self.places else filled

    def execute(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """The driver's cursor. Raises what SQLAlchemy would."""
        return driving.execute(connection, self.text, self.filled(values))


class Ready:
    """A statement that is executed again and again."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._forms: dict[str, Form] = {}

    def run(self, session: Session, values: Mapping[str, Any]) -> int:
        """How many rows it changed."""
        return int(self.execute(session.connection(), values).rowcount)

    def execute(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """The driver's cursor, with rows as the driver has them."""
        form = self._forms.get(connection.dialect.name)
        if form is None:
            form = self._forms[connection.dialect.name] = _formed(
                self._statement, connection.dialect
            )
        return form.execute(connection, values)


class Asking(Ready):
    """A SELECT of few rows that is executed again and again."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        super().__init__(statement)
        self._types = [column.type for column in statement.selected_columns]

    def all(self, session: Session, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows, as SQLAlchemy would give them."""
        connection = session.connection()
        rows: list[tuple[Any, ...]] = self.execute(connection, values).fetchall()
        if not rows:
            return rows
        ways = [understood(kind, connection.dialect) for kind in self._types]
        return [
            tuple(way(one) if way is not None else one for one, way in zip(row, ways, strict=True))
            for row in rows
        ]

    def is_any(self, session: Session, values: Mapping[str, Any]) -> bool:
        """Whether there is a row."""
        return self.execute(session.connection(), values).fetchone() is not None


def written(values: Iterable[str]) -> list[ColumnElement[str]]:
    """Words of ours, for ``in_``: a list of parameters would be put together at each execution."""
    return [literal_column(f"'{one}'") for one in values]


def understood(kind: TypeEngine[Any], dialect: Dialect) -> _Put:
    """How what the driver gives becomes a value of this type; None: it is one."""
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _formed(statement: Executable, dialect: Dialect) -> Form:
    compiled = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    if not isinstance(compiled, SQLCompiler) or "[POSTCOMPILE_" in compiled.string:
        raise TypeError(f"not ready, its lists must be written(): {statement}")
    fixed: dict[str, Any] = {}
    given: list[tuple[str, _Put]] = []
    for name, bind in compiled.binds.items():
        put = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if bind.required:
            given.append((name, put))
        else:
            value = bind.effective_value
            fixed[name] = value if put is None else put(value)
    return Form(compiled.string, fixed, given, list(compiled.positiontup or ()))
