"""Killed at each page, with no chance to say anything: the next process goes on at that page."""

import multiprocessing
import signal
from collections.abc import Iterator
from datetime import datetime

import pytest

from app.db import Database
from app.sources.models import SyncRun
from app.sources.runs.progress import LEASE
from tests.conftest import TurnableClock
from tests.connectors.conformance.cases import Case, email
from tests.connectors.conformance.pulling import questions
from tests.connectors.conformance.world import check, connected
from tests.connectors.site import Request
from tests.journeys.pulled import pull_a_page

PEOPLE = 230
EVERYBODY = [email(number) for number in range(1, PEOPLE + 1)]
#: Seconds after which a dead process's run may be taken by another one.
LATER = LEASE.total_seconds() + 5
_MOST_PAGES = 9


def in_a_process(database: Database, now: datetime, *, is_committed: bool) -> int:
    """Pulls in a process that dies over its first page; gives back its exit code."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.journeys.pulled"])
    url = database.engine.url.render_as_string(hide_password=False)
    process = context.Process(target=pull_a_page, args=(url, now, is_committed))
    process.start()
    process.join(200)
    assert process.exitcode is not None, "the process hangs"
    return process.exitcode


@pytest.mark.timeout(600)
def test_killed_at_each_page(case: Case, database: Database, clock: TurnableClock) -> None:
    """Each page is lost once before its commit, and its process killed once right after it.

    What it asked for ahead, for the page after that, is asked for again.
    """
    asked, takes = list[Request](), questions(case, case.stage(PEOPLE).answer)
    with connected(case, case.stage(PEOPLE), database, clock) as world:
        world.trouble.append(lambda request: asked.append(request))
        run_id = world.start()
        stored = set[str]()
        for pages, is_committed in _lives():
            before, so_far = world.contacts(), len(asked)
            code = in_a_process(database, clock(), is_committed=is_committed)
            assert code == -signal.SIGKILL
            run = world.run(run_id)
            assert run.pages == pages
            said = [_said(request) for request in asked[so_far:]]
            assert stored.isdisjoint(said), "it asked again for what was stored"
            if is_committed:
                stored.update(said[: takes[pages - 1]])
            else:
                assert world.contacts() == before
            if run.state != "running":
                break
            clock.turn(seconds=LATER)
        assert len(stored) == sum(takes), "not every page was asked for"
        _check(run)
        assert sorted(address for address, _ in world.contacts()) == sorted(EVERYBODY)


def _lives() -> Iterator[tuple[int, bool]]:
    """How many pages are stored after each process, and whether it died after a commit."""
    for page in range(_MOST_PAGES):
        yield page, False
        yield page + 1, True


def _said(request: Request) -> str:
    query = sorted((name, value) for name, value in request.query.items() if name != "_")
    return f"{request.method} {request.path} {query} {request.body!r}"


def _check(run: SyncRun) -> None:
    check(run)
    assert (run.seen, run.created, run.skipped) == (PEOPLE, PEOPLE, {})
    assert run.pages > 2
