"""A connection to a site that plays a plugin, and its runs into a real database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import Contact, Suppression
from app.db import Database
from app.dev.wordpress_login import PASSWORD
from app.runtime import Runtime
from app.sources.models import Connection, SyncRun
from app.sources.runs import control, running
from app.sources.sites import register
from app.vault import Vault
from app.workspaces.models import Organization, Workspace
from tests.conftest import TurnableClock
from tests.connectors.conformance.cases import Case, Stage
from tests.connectors.site import Request, Response, playing, recorded


@dataclass
class World:
    """One connection of a connector to a site in its plugin's dialect."""

    runtime: Runtime
    workspace_id: UUID
    connection_id: UUID
    trouble: list[Callable[[Request], Response | None]] = field(default_factory=list)

    def start(self, **more: Any) -> UUID:
        """Queues a run."""
        with self.runtime.database.transaction() as session:
            now = self.runtime.now()
            return control.start(session, self.workspace_id, self.connection_id, now=now, **more).id

    def go(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Does what is due."""
        running.run_due(self.runtime, stop=stop)

    def pull(self, **more: Any) -> SyncRun:
        """A run, to its end."""
        run_id = self.start(**more)
        self.go()
        return self.run(run_id)

    def run(self, run_id: UUID) -> SyncRun:
        """The run as it is now."""
        with self.runtime.database.reading() as session:
            return control.get(session, self.workspace_id, run_id)

    def contacts(self) -> list[tuple[str, Any]]:
        """Every contact: address, and when it was changed."""
        with self.runtime.database.reading() as session:
            query = select(Contact.address, Contact.updated_at).order_by(Contact.address)
            query = query.where(Contact.workspace_id == self.workspace_id)
            return [(address, at) for address, at in session.execute(query)]

    def contact(self, address: str) -> Contact:
        """One contact."""
        with self.runtime.database.reading() as session:
            query = select(Contact).where(Contact.workspace_id == self.workspace_id)
            return session.scalars(query.where(Contact.address == address)).one()

    def suppressed(self) -> dict[str, str]:
        """The reason of every suppressed address."""
        with self.runtime.database.reading() as session:
            query = select(Suppression.address, Suppression.reason)
            query = query.where(Suppression.workspace_id == self.workspace_id)
            return {row.address: row.reason for row in session.execute(query)}


@contextmanager
def connected(
    case: Case, stage: Stage, database: Database, clock: TurnableClock
) -> Iterator[World]:
    """A site with a connection that was not pulled yet."""
    trouble = list[Callable[[Request], Response | None]]()

    def answer(request: Request) -> Response:
        for one in trouble:
            if case.is_listing(request) and (found := one(request)):
                return found
        return (
            recorded("root") if request.route == "" and not request.body else stage.answer(request)
        )

    with playing(answer) as site:
        world = settled(database, clock, case.key, site.url)
        world.trouble = trouble
        yield world


def settled(database: Database, clock: TurnableClock, source: str, url: str) -> World:
    """A connection to a site that runs already."""
    vault = Vault(["a master key for tests"])
    runtime = Runtime(database, vault, clock, "http://127.0.0.1", allow_private=True)
    with database.transaction() as session:
        workspace_id, connection_id = _settle(session, runtime, source, url)
    return World(runtime, workspace_id, connection_id)


def _settle(session: Session, runtime: Runtime, source: str, url: str) -> tuple[UUID, UUID]:
    now = runtime.now()
    dates = {"created_at": now, "updated_at": now}
    organization = Organization(name="o", created_at=now)
    session.add(organization)
    session.flush()
    workspace = Workspace(organization_id=organization.id, name="w", **dates)
    session.add(workspace)
    session.flush()
    values = {"url": url, "username": "admin", "application_password": PASSWORD}
    site = register.add(session, workspace.id, values, runtime=runtime, now=now)
    site.rest_root = f"{url}/wp-json/"
    more = {"workspace_id": workspace.id, "site_id": site.id, "schedule": None}
    connection = Connection(source=source, **more, **dates)
    session.add(connection)
    session.flush()
    return workspace.id, connection.id


def check(run: SyncRun) -> None:
    """The numbers add up."""
    assert run.state == "succeeded", run.detail
    assert run.hidden == 0
    assert run.seen == run.created + run.updated + run.kept + sum(run.skipped.values())
