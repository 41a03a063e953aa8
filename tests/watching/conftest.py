"""A ledger that is written by hand, and a workspace whose people want to be told of alerts."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select

from app import ids
from app.alerts.models import Alert, AlertNotice
from app.db import Database
from app.runtime import Runtime
from app.sending.models import Attempt, Delivery
from app.vault import Vault
from app.workspaces.models import Member, User
from tests.conftest import TurnableClock
from tests.sending.world import World
from tests.watching.inbox import Receiver


class Ledger(World):
    """A world in which attempts are written down without sending."""

    def write(
        self, dispatch_id: UUID, relay_id: UUID, *ends: tuple[str | None, str], **more: Any
    ) -> list[int]:
        """One attempt per (outcome, what was said); gives back their numbers. ``took`` and
        ``waited`` are milliseconds, ``at`` is when they were begun.
        """
        at: datetime = more.get("at", self.clock())
        end = at + timedelta(milliseconds=more.get("took", 100))
        due = end - timedelta(milliseconds=more.get("waited", 1000))
        with self.database.transaction() as session:
            last = session.scalar(select(func.max(Attempt.id))) or 0
            people = session.scalars(
                select(Delivery.id).where(Delivery.dispatch_id == dispatch_id).order_by(Delivery.id)
            ).all()
            rows = [
                {
                    "id": last + number + 1,
                    "delivery_id": people[number % len(people)],
                    "relay_id": relay_id,
                    "sender_id": ids.new_id(),
                    "round": 0,
                    "from_email": "a@example.com",
                    "due_at": due,
                    "begun_at": at,
                    "finished_at": end if outcome else None,
                    "outcome": outcome,
                    "phase": "rcpt_to" if outcome == "bounced" else "final_dot",
                    "code": int(words[:3]) if words[:3].isdigit() else None,
                    "text": words[4:],
                }
                for number, (outcome, words) in enumerate(ends)
            ]
            session.execute(insert(Attempt), rows)
        return [row["id"] for row in rows]


@pytest.fixture
def ledger(database: Database, clock: TurnableClock, tmp_path: Path) -> Ledger:
    """On SQLite and on PostgreSQL."""
    return Ledger(database, clock, tmp_path)


class Desk(Ledger):
    """A world whose owner, admin and viewer have addresses, and a runtime that tells them."""

    def __init__(self, database: Database, clock: TurnableClock, folder: Path) -> None:
        super().__init__(database, clock, folder)
        self.runtime = Runtime(
            database=database,
            vault=Vault(["a master key for tests"]),
            now=clock,
            base_url="http://127.0.0.1:8080",
            allow_private=True,
        )
        with database.transaction() as session:
            for role in ("owner", "admin", "viewer"):
                user = User(
                    email=f"{role}@people.example.org", password_hash="x", created_at=clock()
                )
                session.add(user)
                session.flush()
                member = Member(
                    workspace_id=self.workspace_id, user_id=user.id, role=role, created_at=clock()
                )
                session.add(member)

    def alerts(self, kind: str | None = None) -> list[Alert]:
        with self.database.reading() as session:
            found = session.scalars(select(Alert).order_by(Alert.id)).all()
        return [alert for alert in found if kind in (None, alert.kind)]

    def notices(self) -> list[AlertNotice]:
        with self.database.reading() as session:
            return list(session.scalars(select(AlertNotice).order_by(AlertNotice.id)))


@pytest.fixture
def desk(database: Database, clock: TurnableClock, tmp_path: Path) -> Desk:
    """On SQLite and on PostgreSQL."""
    return Desk(database, clock, tmp_path)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody's program."""
    one = Receiver()
    yield one
    one.end()
