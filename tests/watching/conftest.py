"""A ledger that is written by hand: relays, people, and attempts with the ends a test wants."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select

from app import ids
from app.db import Database
from app.sending.models import Attempt, Delivery
from tests.conftest import TurnableClock
from tests.sending.world import World


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
