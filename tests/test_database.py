"""The database: instants keep their zone, commits and undoing, models equal migrations."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from app import ids, sqlite
from app.contacts.models import Tag
from app.db import Database, of_workspace
from app.errors import NotFound
from app.workspaces.models import Organization, Workspace
from migrations import run as migrations
from tests.waiting import PATIENCE


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


def test_several_ids_are_like_single_ones() -> None:
    before = ids.new_id()
    made = list(islice(ids.several(at_once=4), 10))
    assert len({*made}) == 10
    assert all(one.version == 7 and one.variant == before.variant for one in made)
    assert {one.int >> 80 for one in made} == {made[0].int >> 80}
    assert before.int >> 80 <= made[0].int >> 80 <= ids.new_id().int >> 80


@pytest.mark.parametrize("lock", [False, True])
def test_a_row_is_found_in_its_own_workspace_only(database: Database, lock: bool) -> None:
    now = datetime.now(UTC)
    with database.transaction() as session:
        owner = Organization(name="o", created_at=now)
        session.add(owner)
        session.flush()
        mine, other = (
            Workspace(organization_id=owner.id, name=name, created_at=now, updated_at=now)
            for name in ("mine", "other")
        )
        session.add_all([mine, other])
        session.flush()
        tag = Tag(workspace_id=mine.id, name="t", created_at=now)
        session.add(tag)
        session.flush()
        assert of_workspace(session, Tag, mine.id, tag.id, "tag", lock=lock) is tag
        for workspace_id, tag_id in ((other.id, tag.id), (mine.id, ids.new_id())):
            with pytest.raises(NotFound, match=r"There is no such tag\."):
                of_workspace(session, Tag, workspace_id, tag_id, "tag", lock=lock)


def test_only_a_hasty_commit_does_not_wait_for_the_disk(database: Database) -> None:
    lite = database.is_sqlite
    ask = text("PRAGMA synchronous" if lite else "SHOW synchronous_commit")
    hasty, patient = (1, 2) if lite else ("off", "on")
    for durable, expected in ((True, patient), (False, hasty), (True, patient)):
        with database.transaction(durable=durable) as session:
            assert session.scalar(ask) == expected


def test_a_writer_waits_for_another(sqlite_database: Database) -> None:
    """And has its turn after it, however short the gaps that somebody busy leaves."""
    holds, done = threading.Event(), threading.Event()

    def busy() -> None:
        while not done.is_set():
            with sqlite_database.transaction(durable=False) as session:
                session.execute(text("SELECT 1"))
                holds.set()
                done.wait(0.02)

    other = threading.Thread(target=busy)
    other.start()
    try:
        assert holds.wait(PATIENCE)
        for number in range(5):
            with sqlite_database.transaction() as session:
                session.add(Organization(name=f"o{number}", created_at=datetime.now(UTC)))
    finally:
        done.set()
        other.join()
    with sqlite_database.reading() as session:
        assert len(session.scalars(select(Organization)).all()) == 5


def test_a_writer_does_not_wait_for_ever(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_MS", 40)
    with sqlite_database.transaction() as session:
        session.execute(text("SELECT 1"))
        with (
            pytest.raises(OperationalError, match="locked"),
            sqlite_database.transaction() as another,
        ):
            another.execute(text("SELECT 1"))
    with sqlite_database.transaction() as session:
        assert session.scalar(text("PRAGMA busy_timeout")) == 40
