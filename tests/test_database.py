"""The database: instants keep their zone, commits and undoing, models equal migrations."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text

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


def test_only_a_hasty_commit_does_not_wait_for_the_disk(database: Database) -> None:
    lite = database.is_sqlite
    ask = text("PRAGMA synchronous" if lite else "SHOW synchronous_commit")
    hasty, patient = (1, 2) if lite else ("off", "on")
    for durable, expected in ((True, patient), (False, hasty), (True, patient)):
        with database.transaction(durable=durable) as session:
            assert session.scalar(ask) == expected
