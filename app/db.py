"""The database: its types, its connections, and the only place that commits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    Dialect,
    MetaData,
    Select,
    Uuid,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.postgresql import insert as insert_on_postgres
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from app import ids, postgres, sqlite
from app.errors import NotFound


class UTCDateTime(TypeDecorator[datetime]):
    """An instant. Refuses naive datetimes; always gives back aware ones in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware datetime in any zone -> UTC; naive is a programming error."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: every instant must carry its zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """What the database holds -> aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    """Every table of pressferry."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: UTCDateTime(),
        UUID: Uuid(),
        dict[str, Any]: Json,
        list[str]: Json,
    }


class Identified:
    """A row with an opaque id that sorts by time."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new_id)


Row = TypeVar("Row")
Shown = TypeVar("Shown")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """A part of a list: the ``items`` of ``page`` (from 1), and how many the list has in all."""

    items: list[Row]
    total: int
    page: int
    per_page: int

    def map(self, show: Callable[[Row], Shown]) -> "Page[Shown]":
        """The same page with every item shown in another way."""
        return Page([show(item) for item in self.items], self.total, self.page, self.per_page)


def page(session: Session, query: Select[Row], *, page: int = 1, per_page: int = 50) -> Page[Row]:
    """One page of an ordered query of one entity, and the count of the whole."""
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery()))
    rows = session.scalars(query.limit(per_page).offset((page - 1) * per_page)).all()
    return Page(list(rows), total or 0, page, per_page)


def of_workspace(
    session: Session,
    table: type[Row],
    workspace_id: UUID,
    row_id: UUID,
    noun: str,
    *,
    lock: bool = False,
) -> Row:
    """The row with this id, if the workspace has it; with ``lock`` nobody else changes it until the
    transaction ends. Raises NotFound, which calls it by its ``noun``.
    """
    columns: Any = table
    query = select(table).where(columns.workspace_id == workspace_id, columns.id == row_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound(f"There is no such {noun}.")
    return found


def insert(session: Session, table: type[Base]) -> PostgresInsert | SqliteInsert:
    """An INSERT that knows ON CONFLICT, in the words of the session's database."""
    if session.get_bind().dialect.name == "sqlite":
        return insert_on_sqlite(table)
    return insert_on_postgres(table)


class Database:
    """One database: hands out short sessions and commits them.

    ``url`` is an SQLAlchemy URL (``sqlite:///...`` or ``postgresql+psycopg://...``).
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = url
        embedded = url.startswith("sqlite")
        self.engine = sqlite.opened(url) if embedded else postgres.opened(url, pool_size)
        event.listen(self.engine, "begin", _begin)
        self._reader = self.engine.execution_options(pressferry_reading=True)
        self._hasty = self.engine.execution_options(pressferry_durable=False)

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded database is used."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Session]:
        """A session that is committed when the block ends well, and undone when it does not.

        ``durable`` False: the commit does not wait for the disk; only for what would be done
        again if the machine died now. On SQLite it begins IMMEDIATE: a deferred one that reads
        and then writes would ignore the busy timeout.
        """
        engine = self.engine if durable else self._hasty
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads; whatever it did is undone."""
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    def ping(self) -> None:
        """Asks the database for nothing; raises when it does not answer."""
        with self._reader.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Gives every connection back."""
        self.engine.dispose()


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    durable = bool(options.get("pressferry_durable", True))
    if connection.dialect.name != "sqlite":
        postgres.begin(connection, durable=durable)
    elif options.get("pressferry_reading"):
        sqlite.begin_reading(connection)
    else:
        sqlite.begin(connection, durable=durable)
