"""A workspace with relays, contacts and dispatches, and a sender that can be run on it."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update

from app import ids
from app.clock import monotonic
from app.contacts.models import Contact
from app.db import Database
from app.rules.routing import rotation
from app.sending import ledger
from app.sending.engine.books import Books, Patience
from app.sending.engine.engine import Engine
from app.sending.engine.works import Ways
from app.sending.letters.letter import Post
from app.sending.models import Attempt, Content, Delivery, Dispatch, Relay
from app.sending.senders import leases
from app.sending.senders.watch import Watch
from app.sending.traces import find
from app.wire import journal as journals
from app.wire.journal import Journal
from app.wire.opening import Endpoint, open_line
from app.workspaces.models import Organization, Workspace
from tests.conftest import TurnableClock
from tests.sending.servers import RelayServer
from tests.waiting import PATIENCE


class World:
    """Everything is made by its verbs; ``send`` runs a real engine until nothing is due."""

    post = Post("http://127.0.0.1:8080", b"k" * 32)

    def __init__(self, database: Database, clock: TurnableClock, folder: Path) -> None:
        self.database = database
        self.clock = clock
        self.folder = folder
        self.workspace_id = ids.new_id()
        with database.transaction() as session:
            organization = Organization(name="o", created_at=clock())
            session.add(organization)
            session.flush()
            session.add(
                Workspace(
                    id=self.workspace_id,
                    organization_id=organization.id,
                    name="w",
                    created_at=clock(),
                    updated_at=clock(),
                )
            )

    def failover(self, on: bool = True) -> None:
        with self.database.transaction() as session:
            session.execute(update(Workspace).values(failover_enabled=on))

    def relay(self, server: RelayServer | int, name: str, **more: Any) -> UUID:
        """A relay row for a server (or a port on which nobody listens)."""
        port = server if isinstance(server, int) else server.port
        with self.database.transaction() as session:
            known = session.scalar(select(func.count()).select_from(Relay)) or 0
            values: dict[str, Any] = {
                "name": name,
                "host": "127.0.0.1",
                "port": port,
                "encryption": "none",
                "from_email": f"{name}@relays.example.com",
                "from_name": name.title(),
                "failover_priority": known + 1,
                "mail_type": "none" if known else "all",
                "max_connections": 2,
            }
            relay = Relay(
                workspace_id=self.workspace_id,
                created_at=self.clock(),
                updated_at=self.clock(),
                **(values | more),
            )
            session.add(relay)
        return relay.id

    def change(self, relay_id: UUID, **values: Any) -> None:
        with self.database.transaction() as session:
            session.execute(update(Relay).where(Relay.id == relay_id).values(**values))

    def row(self, relay_id: UUID) -> Relay:
        with self.database.reading() as session:
            return session.get_one(Relay, relay_id)

    def people(self, count: int, domain: str = "people.example.com") -> None:
        """Active contacts p0@..., p1@..., whose turns come in this order."""
        numbers = sorted(ids.new_id() for _ in range(count))
        with self.database.transaction() as session:
            session.add_all(
                Contact(
                    id=number,
                    workspace_id=self.workspace_id,
                    email=f"p{n}@{domain}",
                    address=f"p{n}@{domain}",
                    first_name=f"Person {n}",
                    created_at=self.clock(),
                    updated_at=self.clock(),
                )
                for n, number in enumerate(numbers)
            )

    def dispatch(
        self, pin: UUID | None = None, pool: Sequence[tuple[UUID, int]] = (), **more: Any
    ) -> UUID:
        """Everybody active gets a line in the ledger."""
        with self.database.transaction() as session:
            content = Content(
                workspace_id=self.workspace_id,
                subject="Hello {{ contact.first_name }}",
                preheader="",
                html="<p>Hello {{ contact.first_name }}</p>",
                text="",
                created_at=self.clock(),
            )
            session.add(content)
            session.flush()
            dispatch = Dispatch(
                workspace_id=self.workspace_id,
                content_id=content.id,
                relay_id=pin,
                pool=[str(one) for one, _ in pool],
                domain="shop.example.com",
                ready_at=self.clock(),
                created_at=self.clock(),
                **more,
            )
            session.add(dispatch)
            session.flush()
            people = select(Contact.id, Contact.email, Contact.address).where(
                Contact.status == "active"
            )
            ledger.enqueue(
                session,
                dispatch_id=dispatch.id,
                contacts=people,
                due_at=self.clock(),
                turns=rotation.turns(pool),
            )
        return dispatch.id

    def balance(self, dispatch_id: UUID) -> dict[str, int]:
        """Only the states that hold somebody."""
        with self.database.reading() as session:
            counts = ledger.balance(session, dispatch_id, self.clock())
        return {state: count for state, count in counts.items() if count}

    def deliveries(self, dispatch_id: UUID) -> list[find.DeliveryView]:
        with self.database.reading() as session:
            return find.deliveries(session, dispatch_id, now=self.clock(), per_page=5000).items

    def attempts(self) -> list[Attempt]:
        with self.database.reading() as session:
            return list(session.scalars(select(Attempt).order_by(Attempt.id)))

    def is_idle(self) -> bool:
        """Nothing on its way, and nothing due that could go."""
        with self.database.reading() as session:
            busy = (
                select(func.count())
                .select_from(Delivery)
                .join(Dispatch)
                .where(
                    or_(
                        Delivery.state == "claimed",
                        (Delivery.state == "queued")
                        & (Delivery.due_at <= self.clock())
                        & (Dispatch.hold == ""),
                    )
                )
            )
            return session.scalar(busy) == 0

    def _states(self) -> dict[str, int]:
        """How many deliveries of all dispatches are in which state."""
        with self.database.reading() as session:
            counted = select(Delivery.state, func.count()).group_by(Delivery.state)
            return dict(session.execute(counted).all())

    def send(self, until: Callable[[], bool] | None = None, **more: Any) -> None:
        """Runs a sender until ``until`` (default: nothing is due)."""
        asyncio.run(self._send(until or self.is_idle, **more))

    async def _send(
        self,
        until: Callable[[], bool],
        endpoint: Callable[[Relay], Endpoint] | None = None,
        alive: Callable[[], bool] = lambda: True,
    ) -> None:
        boot = journals.boot_id()
        me = leases.register(self.database, host="here", boot_id=boot, now=self.clock())
        journal = Journal(leases.journal_path(self.folder, me), str(me), boot)
        watch = Watch(self.database, self.folder, self.clock)
        assert await asyncio.to_thread(watch.may_send), "sending is held"
        books = Books(self.database, me, Patience(), self.clock, watch)
        ways = Ways(self.post, endpoint or where, open_line)
        stop, wake = asyncio.Event(), asyncio.Event()
        engine = Engine(books, journal, ways, now=self.clock, alive=alive, wake=wake)
        running = asyncio.create_task(engine.run(stop))
        try:
            end, pause, before = monotonic() + PATIENCE, 0.02, self.clock()
            while not await asyncio.to_thread(until) and not running.done():
                assert monotonic() < end, f"it never came to that: {self._states()}"
                # Looking costs more than sending; but who turns the clock at each look is awaited.
                pause = min(0.1, pause * 1.2) if self.clock() == before else 0.02
                before = self.clock()
                wake.set()
                await asyncio.sleep(pause)
        finally:
            stop.set()
            await running
            journal.close()
            watch.close()


def where(relay: Relay) -> Endpoint:
    """Where a test's relay is; a reply that is late is no fault of the relay's in here."""
    return Endpoint(
        relay.host,
        relay.port,
        relay.encryption,
        relay.username,
        relay.secret,
        connect_seconds=PATIENCE,
        reply_seconds=PATIENCE,
        final_reply_seconds=PATIENCE,
    )
