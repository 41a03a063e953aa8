"""From a site to its contacts, in processes that are killed: nobody twice, nobody lost."""

import multiprocessing
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app import clock
from app.contacts import edit
from app.contacts.models import Contact
from app.db import Database
from app.dev.people import distinct_addresses, make_people
from app.runtime import Runtime
from app.sources.models import SourceRow, SyncRun
from app.sources.runs.progress import LEASE
from app.vault import Vault
from app.workspaces.models import Organization, Workspace
from tests.app.pulling import World, connected
from tests.connectors.site import Request, Response, recorded
from tests.journeys.pulled import MASTER_KEY, pull
from tests.waiting import PATIENCE

PEOPLE = 250
PAGES = 3
#: At which a process can die: before and after taking the run, and each page.
POINTS = 2 * (1 + PAGES)
SAID_NO = "person200@mail.example.net"
#: Seconds after which a dead process's run may be taken by another one.
LATER = LEASE.total_seconds() + 5


@contextmanager
def a_site(database: Database) -> Iterator[World]:
    """A workspace of its own with a connected site, and somebody in it who has said no."""
    now = clock.now()
    runtime = Runtime(
        database, Vault([MASTER_KEY]), clock.now, "http://127.0.0.1:8080", allow_private=True
    )
    with database.transaction() as session:
        organization = Organization(name="o", created_at=now)
        session.add(organization)
        session.flush()
        workspace = Workspace(
            organization_id=organization.id, name="w", created_at=now, updated_at=now
        )
        session.add(workspace)
        session.flush()
        values = {"email": SAID_NO, "status": "unsubscribed"}
        edit.create(session, workspace.id, values, source="api", now=now)
    with connected(runtime, workspace.id, make_people(PEOPLE)) as world:
        yield world


def in_a_process(database: Database, fatal: int = 0, later: float = 0.0) -> int:
    """Pulls in a process of its own; gives back its exit code."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.journeys.pulled"])
    url = database.engine.url.render_as_string(hide_password=False)
    process = context.Process(target=pull, args=(url, fatal, later))
    process.start()
    process.join(PATIENCE)
    assert process.exitcode is not None, "the process hangs"
    return process.exitcode


def check(world: World, run: SyncRun) -> None:
    """Everybody once, the numbers add up, and who said no still does."""
    contacts = world.contacts()
    assert set(contacts) == distinct_addresses(world.people)
    assert run.state == "succeeded"
    assert (run.seen, run.pages) == (PEOPLE, PAGES)
    assert run.seen == run.created + run.updated + run.kept + sum(run.skipped.values())
    assert run.created == len(contacts) - 1
    statuses = Counter(contact.status for contact in contacts.values())
    assert statuses == {"active": len(contacts) - 1, "unsubscribed": 1}
    assert contacts[SAID_NO].status == "unsubscribed"
    assert _rows(world) == len(contacts)


def _rows(world: World) -> int:
    with world.runtime.database.reading() as session:
        query = select(func.count()).where(SourceRow.connection_id == world.connection_id)
        return session.scalar(query) or 0


def _state(world: World) -> list[tuple[UUID, str, str]]:
    with world.runtime.database.reading() as session:
        query = select(Contact.id, Contact.first_name, Contact.status).order_by(Contact.id)
        return [tuple(row) for row in session.execute(query)]


@pytest.mark.parametrize("fatal", range(1, POINTS + 1))
def test_killed_around_every_commit(database: Database, fatal: int) -> None:
    with a_site(database) as world:
        run_id = world.start()
        assert in_a_process(database, fatal) == -signal.SIGKILL
        stored = len(world.contacts())
        assert in_a_process(database, later=0) == 0
        if world.run(run_id).state == "running":
            assert len(world.contacts()) == stored, "the dead one's lease was not respected"
        assert in_a_process(database, later=LATER) == 0
        check(world, world.run(run_id))
        before = _state(world)
        again = world.start()
        assert in_a_process(database) == 0
        assert _state(world) == before, "a second run changed something"
        assert world.run(again).kept == world.run(run_id).created + 1


def test_there_is_no_other_commit(database: Database) -> None:
    with a_site(database) as world:
        run_id = world.start()
        assert in_a_process(database, POINTS + 1) == 0
        check(world, world.run(run_id))


def test_killed_at_every_page_in_turn(database: Database) -> None:
    """A process that never lives longer than a page still gets there."""
    with a_site(database) as world:
        run_id = world.start()
        codes = [in_a_process(database, 4, later=LATER * turn) for turn in range(1, PAGES)]
        assert set(codes) == {-signal.SIGKILL}
        assert in_a_process(database, later=LATER * PAGES) == 0
        check(world, world.run(run_id))


def test_a_site_that_dies_as_well(database: Database) -> None:
    with a_site(database) as world:

        def shaky(request: Request) -> Response | None:
            return recorded("html_200") if request.number % 3 == 2 else None

        world.trouble = shaky
        runs = [world.start()]
        for turn in range(1, 10):
            in_a_process(database, later=turn * 3600)
            if world.run(runs[-1]).state == "succeeded":
                break
            runs.append(world.start())
        seen = [world.run(run_id).seen for run_id in runs]
        assert sum(seen) == PEOPLE
        assert len(seen) > 1
        assert set(world.contacts()) == distinct_addresses(world.people)
