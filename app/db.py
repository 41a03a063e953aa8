"""The database: its types, its connections, and the only place that commits."""

import sqlite3
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
    Engine,
    MetaData,
    Select,
    Uuid,
    create_engine,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from app import clock, ids


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


def insert(session: Session, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ON CONFLICT, in the words of the session's database."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


class Database:
    """One database: hands out short sessions and commits them.

    ``url`` is an SQLAlchemy URL (``sqlite:///...`` or ``postgresql+psycopg://...``).
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = url
        self.engine = _sqlite(url) if url.startswith("sqlite") else _postgres(url, pool_size)
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


def _postgres(url: str, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if not _is_durable(connection):
            connection.exec_driver_sql("SET LOCAL synchronous_commit TO OFF")

    return engine


#: So long a writer waits for the others; it looks anew after so long.
_BUSY_MS, _LOOK_MS = 15_000, 5
_PRAGMAS = (
    f"busy_timeout={_BUSY_MS}",
    "journal_mode=WAL",
    "synchronous=FULL",
    # Pages are written again and again by wave after wave: carry them over less often.
    "wal_autocheckpoint=4000",
    "foreign_keys=ON",
)


def _sqlite(url: str) -> Engine:
    engine = create_engine(
        url,
        connect_args={"timeout": 15, "check_same_thread": False},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        # SQLite's own lower() knows only ASCII; PostgreSQL's knows every letter.
        connection.create_function("lower", 1, _lower, deterministic=True)

    event.listen(engine, "begin", _begin_on_sqlite)
    return engine


def _begin_on_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get("pressferry_reading"):
        connection.exec_driver_sql("BEGIN")
        return
    wanted = "FULL" if _is_durable(connection) else "NORMAL"
    if connection.info.get("synchronous", "FULL") != wanted:
        connection.exec_driver_sql(f"PRAGMA synchronous={wanted}")
        connection.info["synchronous"] = wanted
    _begin_at_once(connection)


def _begin_at_once(connection: Connection) -> None:
    """Takes the lock of writers within milliseconds of its release.

    SQLite's own waiting looks ever more rarely, every tenth of a second in the end, and so misses
    the gaps that a busy sender leaves. So it is asked to give up early, and asked again.
    """
    raw: Any = connection.connection.driver_connection
    end = clock.monotonic() + _BUSY_MS / 1000
    raw.execute(f"PRAGMA busy_timeout={_LOOK_MS}")
    try:
        while clock.monotonic() < end:
            try:
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
            else:
                return
    finally:
        raw.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _is_durable(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("pressferry_durable", True))


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value
