"""What keeps one sender from sending out of a database that is an older copy."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import Database
from app.rules.copies import Judgement, Mark, Place, judge, why_not_here
from app.sending.models import Sender, Valve
from app.sending.senders import place, valve
from app.statements.ready import Asking
from app.wire.mark import MarkFile

log = structlog.get_logger(__name__)

#: So long a data dir that is new to a ledger waits for a living sender to vouch for it.
VOUCHING = timedelta(seconds=12)
_VALVE = Asking(
    select(
        Valve.closed_at,
        Valve.generation,
        Valve.system,
        Valve.database,
        Valve.timeline,
        Valve.replicated,
    )
)
_GONE_BACK = (
    "The database went back in time while it was sent from: it is an older copy, and who got a "
    "mail since is not known in it."
)


class Shut(Exception):
    """Nothing may begin: sending is held, or has to be looked at anew."""


class Watch:
    """One sender's watch over the ledger that it sends from. ``folder`` holds the mark."""

    def __init__(self, database: Database, folder: Path, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._home = place.home(database.url)
        self._where = place.Whereabouts()
        self._mark = MarkFile(folder / "mark")
        self._generation = -1
        self._highest = 0
        self._first_look: datetime | None = None
        self._leases: dict[UUID, datetime] = {}
        self.is_shut = False

    def may_send(self) -> bool:
        """Whether this sender may begin its work; asked again until it may."""
        with self._database.transaction() as session:
            row, is_new = valve.take(session)
            if row.closed_at is not None:
                return False
            # In this order: others on this data dir may be raising the mark right now.
            mark = self._mark.read()
            ledger, where = valve.ledger_of(session, row), self._where.now(session)
            verdict, why = judge(ledger, mark, home=self._home, place=where)
            unwatched = is_new and mark is None  # sent from since before there was a valve
            if verdict is Judgement.STRANGER and (unwatched or self._is_vouched_for(session)):
                verdict = Judgement.GO
            if verdict is Judgement.GO:
                self._admit(row, ledger.highest, where)
            elif verdict is Judgement.HOLD or self._has_waited():
                self._hold(row, why, self._now())
                if verdict is Judgement.STRANGER:
                    self._mark.write(self._remembered(row, ledger.highest, asks=True))
            return verdict is Judgement.GO

    def allow(self, session: Session) -> None:
        """Raises Shut when nothing may begin in this transaction."""
        rows = _VALVE.all(session, {})
        if not rows:
            raise self._shut(_GONE_BACK)
        closed_at, generation, *known_place = rows[0]
        if closed_at is not None or generation != self._generation:
            raise self._shut("")
        known = Place(*known_place)
        if moved := why_not_here(known, self._where.now(session)):
            raise self._shut(moved)

    def expect(self, attempts: Collection[int]) -> None:
        """Raises Shut when new attempts have numbers that were given before."""
        if attempts and min(attempts) <= self._highest:
            raise self._shut(_GONE_BACK)

    def begun(self, attempts: Collection[int]) -> None:
        """They are committed, and their bodies may leave after this. Raises OSError."""
        if attempts:
            self._highest = max(attempts)
            self._mark.raise_to(self._highest)

    def keep(self) -> None:
        """Looks again at every heartbeat, and remembers what other senders have begun."""
        with self._database.transaction() as session:
            row, _ = valve.take(session)
            found = valve.highest(session)
            if row.closed_at is not None or row.generation != self._generation:
                self.is_shut = True
            elif found < self._highest:
                self._hold(row, _GONE_BACK, self._now())
            else:
                self._highest = found
                self._mark.raise_to(found)
                where = self._where.now(session)
                if moved := why_not_here(valve.ledger_of(session, row).place, where):
                    self._hold(row, moved, self._now())
                else:
                    valve.remember(row, where)

    def close_valve(self, why: str) -> None:
        """Holds all sending, for everybody."""
        with self._database.transaction() as session:
            row, _ = valve.take(session)
            self._hold(row, why, self._now())

    def close(self) -> None:
        """Lets go of the mark."""
        self._mark.close()

    def _shut(self, why: str) -> Shut:
        self.is_shut = True
        return Shut(why)

    def _hold(self, row: Valve, why: str, now: datetime) -> None:
        self.is_shut = True
        valve.close(row, why, now)
        log.error("nothing is sent until a person says go (pressferry go)", why=why)

    def _admit(self, row: Valve, highest: int, where: Place) -> None:
        self._mark.write(self._remembered(row, highest))
        valve.remember(row, where)
        self._generation, self._highest, self.is_shut = row.generation, highest, False

    def _remembered(self, row: Valve, highest: int, *, asks: bool = False) -> Mark:
        return Mark(row.ledger_id, row.generation, highest, self._home, asks)

    def _is_vouched_for(self, session: Session) -> bool:
        """Whether a sender is alive on this very database: a copy has only stale leases."""
        if self._database.is_sqlite:
            return False
        rows = session.execute(
            select(Sender.id, Sender.lease_until).where(Sender.stopped_at.is_(None))
        )
        before, self._leases = self._leases, dict(rows.all())
        if self._first_look is None:
            self._first_look = self._now()
            return False
        return any(before.get(key) != until for key, until in self._leases.items())

    def _has_waited(self) -> bool:
        return (
            self._database.is_sqlite or self._now() - (self._first_look or self._now()) > VOUCHING
        )
