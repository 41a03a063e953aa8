"""Upgrades keep what is there: a row in every table of the first shape comes through to today's."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, Connection, Engine, MetaData, Table, insert, select, text
from sqlalchemy.exc import IntegrityError

from app.db import Database
from migrations import run as migrations

FIRST = "0001"
MOMENT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def first_shape(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database as the first release made it, with one row in each table."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path}/first.db")
        migrations.upgrade(database.engine, FIRST)
    else:
        database = request.getfixturevalue("postgres_database")
        migrations.downgrade(database.engine, FIRST)
    with database.engine.begin() as connection:
        _fill(connection)
    yield database.engine
    migrations.upgrade(database.engine)
    database.close()


def test_every_row_comes_through(first_shape: Engine) -> None:
    before = _rows(first_shape)
    assert all(len(rows) == 1 for rows in before.values())
    migrations.upgrade(first_shape)
    migrations.check(first_shape)
    after = _rows(first_shape)
    for table, rows in before.items():
        for old, new in zip(rows, after[table], strict=True):
            lost = {name: value for name, value in old.items() if new.get(name) != value}
            assert not lost, f"the upgrade lost of {table}: {lost}"


def test_and_goes_back(first_shape: Engine) -> None:
    before = _rows(first_shape)
    migrations.upgrade(first_shape)
    migrations.downgrade(first_shape, FIRST)
    assert _rows(first_shape) == before


def _tables(engine: Engine | Connection) -> list[Table]:
    found = MetaData()
    found.reflect(engine)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def _rows(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    with engine.connect() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in _tables(engine)
        }


def _fill(connection: Connection) -> None:
    made: dict[str, dict[str, Any]] = {}
    for table in _tables(connection):
        row = {column.name: _value(column, made) for column in table.columns}
        connection.execute(insert(table).values(row))
        made[table.name] = row


def _value(column: Column[Any], made: dict[str, dict[str, Any]]) -> Any:
    for key in column.foreign_keys:
        other = key.column
        if other.table is column.table:
            return None
        return made[other.table.name][other.name]
    kind = column.type.python_type
    if kind is UUID:
        return uuid4()
    if kind is datetime:
        return MOMENT
    if kind is dict:
        return {"a": 1}
    return {bool: True, int: 7, float: 0.5, bytes: b"x"}.get(kind, "x")


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Engine]:
    """The first shape on SQLite, where changing a column means building its table anew."""
    database = Database(f"sqlite:///{tmp_path}/first.db")
    migrations.upgrade(database.engine, FIRST)
    with database.engine.begin() as connection:
        _fill(connection)
    yield database.engine
    database.close()


def test_a_table_that_others_point_at_can_be_rebuilt(filled: Engine) -> None:
    before = _rows(filled)
    with migrations.changing(filled) as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("workspace") as workspace:
            workspace.alter_column("timezone", nullable=True)
    assert _rows(filled) == before


def test_a_rebuilding_that_breaks_a_link_changes_nothing(filled: Engine) -> None:
    before = _rows(filled)
    with (
        pytest.raises(RuntimeError, match="points at a row of organization"),
        migrations.changing(filled) as connection,
    ):
        connection.execute(text("DELETE FROM organization"))
    assert _rows(filled) == before
    with pytest.raises(IntegrityError), filled.begin() as connection:
        connection.execute(text("DELETE FROM organization"))
