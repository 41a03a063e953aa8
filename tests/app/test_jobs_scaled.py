"""Jobs on PostgreSQL: one turn per slot however many workers are alive, whatever dies."""

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from croniter import croniter
from procrastinate.schema import SchemaManager
from sqlalchemy import text

from app.db import Database
from app.jobs import scaled, schema
from app.jobs.scaled import ScaledJobs
from tests.faults.postgres import own_server  # noqa: F401
from tests.waiting import PATIENCE


@pytest.fixture
def url(postgres_database: Database) -> Iterator[str]:
    """A database in which nobody has worked yet."""
    with postgres_database.transaction() as session:
        session.execute(text("DROP SCHEMA IF EXISTS procrastinate CASCADE"))
    schema.upgrade(postgres_database)
    yield postgres_database.url
    with postgres_database.transaction() as session:
        session.execute(text("DROP SCHEMA IF EXISTS procrastinate CASCADE"))


def files(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.scalars(text("SELECT file FROM procrastinate.applied")))


def test_its_tables_are_brought_up_to_date(url: str) -> None:
    """From an old shape, one file after the other; then workers can work."""
    with closing(Database(url)) as database:
        everything = files(database)
        schema.upgrade(database)
        assert files(database) == everything
        with database.transaction() as session:
            session.execute(text("DROP SCHEMA procrastinate CASCADE"))
            session.execute(text("CREATE SCHEMA procrastinate"))
            session.execute(text("SET LOCAL search_path TO procrastinate"))
            session.execute(text("CREATE TABLE applied (file text PRIMARY KEY)"))
            old = sorted(Path(SchemaManager.get_migrations_path()).glob("0[0-2]*.sql"))
            for file in old:
                schema._run(session, file.read_text("utf-8"))
            session.execute(
                text("INSERT INTO applied VALUES (:file)"), [{"file": one.name} for one in old]
            )
        schema.upgrade(database)
        assert files(database) == everything
    test_a_job_has_turn_after_turn(url)


@pytest.mark.parametrize("seconds", [1, 5, 10, 60, 300, 3600, 7200])
def test_the_slots_of_a_job(seconds: int) -> None:
    slots = croniter(scaled.cron(seconds), 0.0)
    assert [slots.get_next(float) for _ in range(3)] == [seconds, 2 * seconds, 3 * seconds]


def test_a_job_has_turn_after_turn(url: str) -> None:
    turns = threading.Semaphore(0)
    jobs = ScaledJobs(url, concurrency=2)
    jobs.every(1, "count", lambda: turns.release())
    with jobs:
        assert all(turns.acquire(timeout=PATIENCE) for _ in range(3))
    assert jobs.under_way == frozenset()


def test_a_job_that_fails_has_its_next_turn(url: str) -> None:
    turns = threading.Semaphore(0)

    def fail() -> None:
        turns.release()
        raise ValueError("no luck")

    jobs = ScaledJobs(url, concurrency=2)
    jobs.every(1, "unlucky", fail)
    with jobs:
        assert all(turns.acquire(timeout=PATIENCE) for _ in range(2))


def test_one_turn_per_slot_with_three_workers(url: str) -> None:
    slots, lock, enough = list[int](), threading.Lock(), threading.Semaphore(0)

    def turn() -> None:
        with lock:
            slots.append(1)
        enough.release()

    made = [ScaledJobs(url, concurrency=2) for _ in range(3)]
    for jobs in made:
        jobs.every(1, "count", turn)
    began = time.monotonic()
    with made[0], made[1], made[2]:
        assert all(enough.acquire(timeout=PATIENCE) for _ in range(4))
        with lock:
            count, seconds = len(slots), time.monotonic() - began
    assert count <= seconds + 2, "a slot had more than one turn"


def test_never_two_turns_of_one_job_at_once(url: str) -> None:
    inside, most, turns = 0, 0, threading.Semaphore(0)
    lock = threading.Lock()

    def slow() -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        threading.Event().wait(1.5)
        with lock:
            inside -= 1
        turns.release()

    made = [ScaledJobs(url, concurrency=4) for _ in range(2)]
    for jobs in made:
        jobs.every(1, "slow", slow)
    with made[0], made[1]:
        assert all(turns.acquire(timeout=PATIENCE) for _ in range(2))
    assert most == 1


def test_a_worker_serves_its_queues_only(url: str) -> None:
    done, wrong = threading.Semaphore(0), threading.Event()
    jobs = ScaledJobs(url, concurrency=2, queues=["syncs"])
    jobs.every(1, "mine", lambda: done.release(), queue="syncs")
    jobs.every(1, "not mine", wrong.set, queue="campaigns")
    with jobs:
        assert all(done.acquire(timeout=PATIENCE) for _ in range(3))
    assert not wrong.is_set()


def _work_until_killed(url: str, began: "multiprocessing.synchronize.Event") -> None:
    scaled.HEARTBEAT_SECONDS, scaled.STALLED_SECONDS = 0.3, 2.0
    jobs = ScaledJobs(url, concurrency=2)

    def never_ends() -> None:
        began.set()
        threading.Event().wait()

    jobs.every(1, "stuck", never_ends)
    with jobs:
        threading.Event().wait()


def test_what_a_killed_worker_had_under_way_has_another_turn(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scaled, "HEARTBEAT_SECONDS", 0.3)
    monkeypatch.setattr(scaled, "STALLED_SECONDS", 2.0)
    context = multiprocessing.get_context("forkserver")
    began = context.Event()
    victim = context.Process(target=_work_until_killed, args=(url, began))
    victim.start()
    assert began.wait(PATIENCE)
    victim.kill()
    victim.join()
    again = threading.Event()
    jobs = ScaledJobs(url, concurrency=2)
    jobs.every(1, "stuck", again.set)
    with jobs:
        assert again.wait(PATIENCE)


def test_workers_survive_a_restart_of_the_database(
    own_server: tuple[Database, Callable[[], None]],  # noqa: F811
) -> None:
    database, restart = own_server
    schema.upgrade(database)
    turns = threading.Semaphore(0)
    jobs = ScaledJobs(database.url, concurrency=2)
    jobs.every(1, "count", lambda: turns.release())
    with jobs:
        assert turns.acquire(timeout=PATIENCE)
        restart()
        while turns.acquire(blocking=False):
            pass
        assert all(turns.acquire(timeout=PATIENCE) for _ in range(3))


def test_the_end_does_not_wait_for_ever(url: str) -> None:
    began, release = threading.Event(), threading.Event()

    def stuck() -> None:
        began.set()
        release.wait(PATIENCE)

    jobs = ScaledJobs(url, concurrency=2, patience=0.2)
    jobs.every(1, "stuck", stuck)
    with jobs:
        assert began.wait(PATIENCE)
    assert jobs.under_way == {"stuck"}
    release.set()
