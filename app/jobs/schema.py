"""Procrastinate's tables: in a schema of their own, brought up to date like ours."""

from contextlib import closing
from pathlib import Path

from procrastinate.schema import SchemaManager
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import Database

#: Where they are, so that migrations of ours do not meet them.
SCHEMA = "procrastinate"
#: Any number, the same in every process: only one of them brings it up to date at a time.
_ADVISORY_LOCK = 7_266_378


def upgrade(database: Database) -> None:
    """Brings them to the shape that the installed Procrastinate wants; does nothing when done."""
    while not _step(database):
        pass


def path_of_search() -> str:
    """What a connection of Procrastinate's own is opened with."""
    return f"-c search_path={SCHEMA}"


def _step(database: Database) -> bool:
    """One file of theirs in one transaction; True when nothing is left to do."""
    with database.transaction() as session:
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
        session.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        session.execute(text(f"SET LOCAL search_path TO {SCHEMA}"))
        session.execute(text("CREATE TABLE IF NOT EXISTS applied (file text PRIMARY KEY)"))
        done = set(session.scalars(text("SELECT file FROM applied")))
        files = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
        if not done:
            _run(session, SchemaManager.get_schema())
            _note(session, *(file.name for file in files))
            return True
        missing = [file for file in files if file.name not in done]
        for file in missing[:1]:
            _run(session, file.read_text("utf-8"))
            _note(session, file.name)
        return not missing


def _run(session: Session, sql: str) -> None:
    """Many statements at once, with percent signs that mean nothing: past SQLAlchemy."""
    with closing(session.connection().connection.cursor()) as cursor:
        cursor.execute(sql)


def _note(session: Session, *files: str) -> None:
    session.execute(
        text("INSERT INTO applied (file) VALUES (:file)"), [{"file": file} for file in files]
    )
