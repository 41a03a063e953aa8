"""Jobs: again and again, one of a name at a time, and a failing one does not end the others."""

import threading

import pytest

from app.jobs.embedded import EmbeddedJobs as Jobs
from tests.waiting import PATIENCE


def test_a_job_has_turn_after_turn() -> None:
    turns = threading.Semaphore(0)
    with Jobs(threads=1) as jobs:
        jobs.every(0.01, "count", turns.release)
        assert all(turns.acquire(timeout=PATIENCE) for _ in range(3))


def test_the_first_turn_is_at_once() -> None:
    began = threading.Event()
    with Jobs(threads=1) as jobs:
        jobs.every(3600, "rare", began.set)
        assert began.wait(PATIENCE)


def test_a_job_that_fails_has_its_next_turn(capsys: pytest.CaptureFixture[str]) -> None:
    turns = threading.Semaphore(0)

    def fail() -> None:
        turns.release()
        raise ValueError("no luck")

    with Jobs(threads=2) as jobs:
        jobs.every(0.01, "unlucky", fail)
        assert all(turns.acquire(timeout=PATIENCE) for _ in range(3))
    said = capsys.readouterr()
    assert "unlucky" in said.out + said.err


def test_never_two_turns_of_one_job_at_once() -> None:
    inside, most, turns = 0, 0, threading.Semaphore(0)
    lock = threading.Lock()

    def slow() -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        threading.Event().wait(0.05)
        with lock:
            inside -= 1
        turns.release()

    with Jobs(threads=4) as jobs:
        jobs.every(0.01, "slow", slow)
        assert all(turns.acquire(timeout=PATIENCE) for _ in range(3))
    assert most == 1


def test_the_end_waits_for_turns_under_way() -> None:
    began, done = threading.Event(), threading.Event()

    def turn() -> None:
        began.set()
        threading.Event().wait(0.2)
        done.set()

    with Jobs(threads=1) as jobs:
        jobs.every(3600, "turn", turn)
        assert began.wait(PATIENCE)
    assert done.is_set()
    assert jobs.under_way == frozenset()


def test_the_end_does_not_wait_for_ever() -> None:
    began, release = threading.Event(), threading.Event()

    def stuck() -> None:
        began.set()
        release.wait(PATIENCE)

    with Jobs(threads=1, patience=0.1) as jobs:
        jobs.every(3600, "stuck", stuck)
        assert began.wait(PATIENCE)
    assert jobs.under_way == {"stuck"}
    release.set()
