"""What SQLAlchemy makes of a statement is made once for all tests of a process.

As in a server that runs for long: there it is made once for an engine. Every test has an engine of
its own, and would spend much of its time on making the same again.
"""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

#: What was made of how many statements is kept at most.
_MOST = 2000
_MADE: LRUCache[Any, Any] = LRUCache(_MOST)


class _Shared:
    """Is found among what was made as any other of its kind: they only differ by their engine."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        """SQLAlchemy: here is a new one."""
        engine.update_execution_options(compiled_cache=_MADE)


class SQLite(_Shared, SQLiteDialect_pysqlite):
    """The embedded database."""

    supports_statement_cache = True


class PostgreSQL(_Shared, PGDialect_psycopg):
    """The scaled one."""

    supports_statement_cache = True


def shared() -> None:
    """From now on, by every engine of this process."""
    registry.register("sqlite", __name__, SQLite.__name__)
    registry.register("postgresql.psycopg", __name__, PostgreSQL.__name__)
