"""From a file to its contacts, in processes that are killed: it goes on at the very page."""

import io
import signal
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app import clock
from app.contacts.models import Contact
from app.db import Database
from app.runtime import Runtime
from app.sources.models import SourceRow, SyncRun
from app.sources.runs import control
from app.sources.uploads import receiving, starting
from app.vault import Vault
from app.workspaces.models import Organization, Workspace
from tests.journeys.pulled import MASTER_KEY
from tests.journeys.test_site_to_contact import LATER, in_a_process

pytestmark = pytest.mark.timeout(300)
PEOPLE, PAGES = 450, 3
CSV = "email,first_name\n" + "".join(f"p{n}@example.com,Jörg {n}\n" for n in range(PEOPLE))
WXR = (
    '<?xml version="1.0"?><rss><channel>'
    + "".join(
        f"<wp:author><wp:author_id>{n}</wp:author_id>"
        f"<wp:author_email>p{n}@example.com</wp:author_email></wp:author>"
        for n in range(PEOPLE)
    )
    + "</channel></rss>"
)


def a_file(database: Database, content: str) -> tuple[Runtime, UUID, UUID]:
    """A workspace with a file that is to be read; the run that does it."""
    runtime, now = (
        Runtime(database, Vault([MASTER_KEY]), clock.now, "http://127.0.0.1"),
        clock.now(),
    )
    with database.transaction() as session:
        organization = Organization(name="o", created_at=now)
        session.add(organization)
        session.flush()
        workspace = Workspace(
            organization_id=organization.id, name="w", created_at=now, updated_at=now
        )
        session.add(workspace)
    stream = io.BytesIO(content.encode())
    upload, _ = receiving.receive(runtime, workspace.id, "people", stream)
    return runtime, workspace.id, begun(runtime, workspace.id, upload.id)


def begun(runtime: Runtime, workspace_id: UUID, upload_id: UUID) -> UUID:
    """Queues a run through a file."""
    wanted = {"consent": None, "dry": False, "force": False}
    return starting.start(runtime, workspace_id, upload_id, wanted).id


def the_run(runtime: Runtime, workspace_id: UUID, run_id: UUID) -> SyncRun:
    """The run as it is now."""
    with runtime.database.reading() as session:
        return control.get(session, workspace_id, run_id)


def counted(database: Database) -> tuple[int, int]:
    """How many contacts there are, and how many rows were noted."""
    with database.reading() as session:
        contacts = session.scalar(select(func.count()).select_from(Contact)) or 0
        return contacts, session.scalar(select(func.count()).select_from(SourceRow)) or 0


@pytest.mark.parametrize("content", [CSV, WXR], ids=["csv", "wxr"])
def test_killed_at_every_page_in_turn(database: Database, content: str) -> None:
    """A process dies in its first page, and later ones never live longer than a page."""
    runtime, workspace_id, run_id = a_file(database, content)
    assert in_a_process(database, 3) == -signal.SIGKILL
    assert counted(database) == (0, 0)
    for turn in range(1, PAGES):
        assert in_a_process(database, 4, later=LATER * turn) == -signal.SIGKILL
        assert counted(database) == (turn * 200, turn * 200)
    assert in_a_process(database, later=LATER * PAGES) == 0
    run = the_run(runtime, workspace_id, run_id)
    assert (run.state, run.seen, run.created, run.pages) == ("succeeded", PEOPLE, PEOPLE, PAGES)
    assert counted(database) == (PEOPLE, PEOPLE)
