"""The database: instants keep their zone, commits and undoing, models equal migrations."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from app import ids
from app.db import Database
from app.workspaces.models import Organization
from migrations import run as migrations


def test_models_equal_migrations(database: Database) -> None:
    migrations.check(database.engine)


def test_down_and_up_again(database: Database) -> None:
    migrations.downgrade(database.engine, "base")
    migrations.upgrade(database.engine)
    migrations.check(database.engine)


def test_instants_come_back_in_utc(database: Database) -> None:
    berlin = timezone(timedelta(hours=1))
    with database.transaction() as session:
        session.add(Organization(name="o", created_at=datetime(2026, 1, 1, 12, tzinfo=berlin)))
    with database.reading() as session:
        found = session.scalars(select(Organization)).one()
    assert found.created_at == datetime(2026, 1, 1, 11, tzinfo=UTC)
    assert found.created_at.tzinfo is UTC


def test_a_naive_instant_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="naive"), database.transaction() as session:
        session.add(Organization(name="o", created_at=datetime(2026, 1, 1)))


def test_an_error_undoes_everything(database: Database) -> None:
    with pytest.raises(RuntimeError), database.transaction() as session:
        session.add(Organization(name="o", created_at=datetime.now(UTC)))
        session.flush()
        raise RuntimeError
    with database.reading() as session:
        assert session.scalars(select(Organization)).all() == []


def test_ids_sort_by_time() -> None:
    made = [ids.new_id() for _ in range(3)]
    assert all(one.version == 7 for one in made)
    assert made[0].int >> 80 <= made[1].int >> 80 <= made[2].int >> 80
