"""A site whose forms are read from a real mailbox, and what a test does with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.contacts.models import Contact
from app.runtime import Runtime
from app.sources.models import Connection, SyncRun
from app.sources.runs import control, running
from tests.app.conftest import Client
from tests.conftest import TurnableClock
from tests.rules import form_mails
from tests.wire.imap_server import PASSWORD, USERNAME, Server, imap_server


@dataclass
class Desk:
    """A connection to a mailbox."""

    runtime: Runtime
    owner: Client
    clock: TurnableClock
    server: Server
    site_id: str
    connection_id: UUID

    @property
    def path(self) -> str:
        return f"/connections/{self.connection_id}"

    @property
    def mailbox(self) -> str:
        return f"{self.path}/notification-mails"

    def start(self, **more: Any) -> UUID:
        """Queues a run."""
        now = self.clock.turn(seconds=60)
        with self.runtime.database.transaction() as session:
            who = self.owner.workspace_id
            return control.start(session, who, self.connection_id, now=now, **more).id

    def pull(self, **more: Any) -> SyncRun:
        """A run, as far as it gets."""
        run_id = self.start(**more)
        running.run_one(self.runtime, run_id)
        self.clock.turn(seconds=1)
        return self.run(run_id)

    def run(self, run_id: UUID) -> SyncRun:
        with self.runtime.database.reading() as session:
            return control.get(session, self.owner.workspace_id, run_id)

    def connection(self) -> Connection:
        with self.runtime.database.reading() as session:
            return session.get_one(Connection, self.connection_id)

    def contacts(self) -> dict[str, Contact]:
        with self.runtime.database.reading() as session:
            query = select(Contact).where(Contact.workspace_id == self.owner.workspace_id)
            return {contact.address: contact for contact in session.scalars(query)}

    def people(self, first: int, last: int) -> None:
        """Some people fill in a form, one mail each."""
        for number in range(first, last + 1):
            said = [("Name", f"Person {number}", "name"), ("E-Mail", f"p{number}@x.com", "email")]
            self.server.put(form_mails.wpforms(said, number=number))  # type: ignore[arg-type]


def settings(server: Server, **changes: Any) -> dict[str, Any]:
    return {
        "name": "forms",
        "host": "127.0.0.1",
        "port": server.port,
        "encryption": "none",
        "username": USERNAME,
        "password": PASSWORD,
        "senders": [form_mails.SITE],
    } | changes


@contextmanager
def at_desk(runtime: Runtime, owner: Client, clock: TurnableClock) -> Iterator[Desk]:
    with imap_server() as server:
        login = {"username": "admin", "application_password": "secret"}
        site = owner.post("/sites", {"url": "http://127.0.0.1:9", **login}).json or {}
        made = owner.post(f"/sites/{site['id']}/notification-mails", settings(server))
        assert made.status_code == 201, made.json
        connection_id = UUID((made.json or {})["connection_id"])
        yield Desk(runtime, owner, clock, server, site["id"], connection_id)
