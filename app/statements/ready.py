"""What runs with every wave or page is compiled when it is first wanted, for each kind of database;
from then on only its values are put into the driver's words.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Executable, SelectBase, literal_column
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from app.statements import driving

_Put = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class Form:
    """A statement in the words of one database. ``fixed``: values that it has itself, as the driver
    takes them; ``given``: name and way to the driver of those that are handed in; ``places``: the
    order in which the driver wants them, where it goes by that. ``reads``: how columns of its rows
    that are not as we want them become so, by their place.
    """

    text: str
    fixed: Mapping[str, Any]
    given: Sequence[tuple[str, _Put]]
    places: Sequence[str]
    reads: Sequence[tuple[int, Callable[[Any], Any]]]
    keeps_plan: bool

    def filled(self, values: Mapping[str, Any]) -> Sequence[Any] | Mapping[str, Any]:
        """All values as the driver takes them."""
        filled = dict(self.fixed)
        for name, put in self.given:
            value = values[name]
            filled[name] = value if put is None or value is None else put(value)
        return [filled[name] for name in self.places] if self.places else filled

    def execute(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """The driver's cursor. Raises what SQLAlchemy would."""
        filled = self.filled(values)
        return driving.execute(connection, self.text, filled, keeps_plan=self.keeps_plan)

    def understood(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """A row of the driver as SQLAlchemy would give it."""
        if not self.reads:
            return tuple(row)
        found = list(row)
        for place, way in self.reads:
            found[place] = way(found[place])
        return tuple(found)


class Ready:
    """A statement that is executed again and again.

    ``on_postgresql``: what it is there, where that differs. ``keeps_plan``: see ``driving``.
    """

    def __init__(
        self, statement: Executable, *, on_postgresql: Any = None, keeps_plan: bool = True
    ) -> None:
        self._statement, self._keeps_plan = statement, keeps_plan
        self._on_postgresql = statement if on_postgresql is None else on_postgresql
        self._forms: dict[str, Form] = {}

    def run(self, session: Session, values: Mapping[str, Any]) -> int:
        """How many rows it changed."""
        return int(self.execute(session.connection(), values).rowcount)

    def execute(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """The driver's cursor, with rows as the driver has them."""
        return self.form(connection.dialect).execute(connection, values)

    def form(self, dialect: Dialect) -> Form:
        """It in the words of a database."""
        form = self._forms.get(dialect.name)
        if form is None:
            whole = self._on_postgresql if dialect.name == "postgresql" else self._statement
            form = self._forms[dialect.name] = _formed(whole, dialect, self._keeps_plan)
        return form


class Asking(Ready):
    """A SELECT of few rows that is executed again and again."""

    def all(self, session: Session, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows, as SQLAlchemy would give them."""
        connection = session.connection()
        form = self.form(connection.dialect)
        rows: list[tuple[Any, ...]] = form.execute(connection, values).fetchall()
        return [form.understood(row) for row in rows] if form.reads else rows

    def alike(self, session: Session, values: Mapping[str, Any]) -> list[list[Any]]:
        """The same where many rows are alike: what stands there as the same text is read once, and
        is one object that nobody may change.
        """
        connection = session.connection()
        form = self.form(connection.dialect)
        rows = list(map(list, form.execute(connection, values).fetchall()))
        for place, way in form.reads:
            understand(rows, place, way)
        return rows

    def raw(self, session: Session, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows as the driver has them."""
        rows: list[tuple[Any, ...]] = self.execute(session.connection(), values).fetchall()
        return rows

    def is_any(self, session: Session, values: Mapping[str, Any]) -> bool:
        """Whether there is a row."""
        return self.execute(session.connection(), values).fetchone() is not None


def written(values: Iterable[str]) -> list[ColumnElement[str]]:
    """Words of ours, for ``in_``: a list of parameters would be put together at each execution."""
    return [literal_column(f"'{one}'") for one in values]


def understand(rows: Sequence[list[Any]], place: int, way: Callable[[Any], Any]) -> None:
    """Makes the values at ``place`` what they stand for; of texts, those that are alike once."""
    known: dict[str, Any] = {}
    for row in rows:
        said = row[place]
        if not isinstance(said, str):
            row[place] = way(said)
        elif said in known:
            row[place] = known[said]
        else:
            row[place] = known[said] = way(said)


def way_of(kind: TypeEngine[Any], dialect: Dialect) -> _Put:
    """How what the driver gives becomes a value of this type; None: it is one."""
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _formed(statement: Any, dialect: Dialect, keeps_plan: bool) -> Form:
    compiled = statement.compile(dialect=dialect)
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
    columns = statement.selected_columns if isinstance(statement, SelectBase) else ()
    ways = [way_of(one.type, dialect) for one in columns]
    reads = [(place, way) for place, way in enumerate(ways) if way is not None]
    places = list(compiled.positiontup or ())
    return Form(compiled.string, fixed, given, places, reads, keeps_plan)
