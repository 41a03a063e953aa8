"""A connection to a site that plays WordPress, and what a test does with it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.contacts.models import Contact
from app.dev.people import make_people
from app.runtime import Runtime
from app.sources.models import Connection, SyncRun
from app.sources.runs import control, running
from app.sources.sites import discovering, register
from tests.connectors.site import Request, Response, paged, playing, recorded


@dataclass
class World:
    """One connection in one workspace. ``people`` may be changed; ``trouble`` comes first."""

    runtime: Runtime
    workspace_id: UUID
    people: list[dict[str, Any]]
    trouble: Callable[[Request], Response | None]
    site_id: UUID
    connection_id: UUID

    def start(self, **more: Any) -> UUID:
        """Queues a run."""
        with self.runtime.database.transaction() as session:
            return control.start(
                session, self.workspace_id, self.connection_id, now=self.runtime.now(), **more
            ).id

    def pull(self, **more: Any) -> SyncRun:
        """Queues a run, and does what is due."""
        run_id = self.start(**more)
        running.run_due(self.runtime)
        return self.run(run_id)

    def run(self, run_id: UUID) -> SyncRun:
        """The run as it is now."""
        with self.runtime.database.reading() as session:
            return control.get(session, self.workspace_id, run_id)

    def connection(self) -> Connection:
        """The connection as it is now."""
        with self.runtime.database.reading() as session:
            return session.get_one(Connection, self.connection_id)

    def contacts(self) -> dict[str, Contact]:
        """Every contact of the workspace by address."""
        with self.runtime.database.reading() as session:
            query = select(Contact).where(Contact.workspace_id == self.workspace_id)
            return {contact.address: contact for contact in session.scalars(query)}

    def change(self, **values: Any) -> None:
        """Changes the connection's row."""
        with self.runtime.database.transaction() as session:
            for name, value in values.items():
                setattr(session.get_one(Connection, self.connection_id), name, value)


@contextmanager
def connected(
    runtime: Runtime, workspace_id: UUID, people: list[dict[str, Any]] | int = 3
) -> Iterator[World]:
    """A site with ``people``, discovered."""
    everybody = make_people(people) if isinstance(people, int) else people
    world: World | None = None

    def answer(request: Request) -> Response:
        found = world.trouble(request) if world else None
        if found is not None:
            return found
        if request.route == "wp/v2/users":
            return paged(everybody, request)
        return recorded("root") if request.route == "" else Response(200)

    with playing(answer) as site:
        with runtime.database.transaction() as session:
            values = {"url": site.url, "username": "admin", "application_password": "secret"}
            made = register.add(session, workspace_id, values, runtime=runtime, now=runtime.now())
        source = next(
            one
            for one in discovering.discover(runtime, workspace_id, made.id)
            if one.source == "wordpress_users"
        )
        assert source.connection_id, source
        world = World(
            runtime, workspace_id, everybody, lambda _: None, made.id, source.connection_id
        )
        yield world


def person(number: int, email: str | None = None, **more: Any) -> dict[str, Any]:
    """A user of a site."""
    mail = f"p{number}@example.com" if email is None else email
    return {"id": number, "email": mail, "first_name": f"First{number}", "last_name": "", **more}
