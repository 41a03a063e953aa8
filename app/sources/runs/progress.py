"""How far a claimed run has got: its numbers and its cursor, stored with every page."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.sources import hiding
from app.sources.models import Connection, SyncRun
from app.sources.sites import health, stopping
from app.sources.storing import statements
from connectors import Cursor
from sync.run import Plan

#: A claim that is not renewed for so long (one page, slowly) is somebody else's to take.
LEASE = timedelta(minutes=3)


class Stopped(Exception):
    """The run was cancelled, or is somebody else's by now: whatever was under way is undone."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of a run so far."""

    seen: int = 0
    created: int = 0
    updated: int = 0
    kept: int = 0
    pages: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    faults: int = 0
    total: int | None = None
    hidden: int = 0

    def columns(self) -> dict[str, Any]:
        """The same by the columns of a run."""
        return {
            "seen": self.seen,
            "created": self.created,
            "updated": self.updated,
            "kept": self.kept,
            "pages": self.pages,
            "skipped": dict(self.skipped),
            "faults": self.faults,
            "total": self.total,
            "hidden": self.hidden,
        }


@dataclass(slots=True)
class Progress:
    """One claimed run.

    A sweep of a source may take several runs: ``begun`` is when it began, ``known`` how many
    contacts it knew then, ``overwritten`` how many it has changed, ``since`` the mark it goes by
    (None: a full pass); the connection's cursor hands them on. ``source``, ``site``: what proofs
    call the place where they were seen. ``is_once``: a run of its own kind, which hands on nothing;
    ``is_named``: one through what its site named, which hands on its mark, but not its cursor.
    """

    run_id: UUID
    owner: UUID
    connection_id: UUID
    origin: str
    numbers: Numbers
    begun: datetime
    known: int
    overwritten: int
    since: dict[str, Any] | None = None
    has_moved: bool = False
    source: str = ""
    site: str = ""
    is_once: bool = False
    is_named: bool = False

    def store(self, session: Session, plan: Plan, now: datetime) -> "Progress":
        """Stores numbers and cursor after a page; the last page ends the run. Raises Stopped."""
        after = replace(
            self,
            numbers=added(self.numbers, plan),
            overwritten=self.overwritten + plan.tally.overwritten,
        )
        if plan.cursor is None:
            self._end(session, after, plan, now)
            return after
        self._go_on(session, after, after.at(plan.cursor), now + LEASE)
        return after

    def _go_on(
        self, session: Session, after: "Progress", cursor: dict[str, Any], until: datetime
    ) -> None:
        told = {"which": self.run_id, "by": self.owner, "lease_until": until}
        told |= after.numbers.columns()
        if session.get_bind().dialect.name == "postgresql":
            done = statements.COUNT_AND_HAND_ON.run(session, told | {"cursor": cursor})
        elif done := statements.COUNT.run(session, told):
            statements.HAND_ON.run(session, {"which": self.connection_id, "cursor": cursor})
        if done != 1:
            raise Stopped

    def _end(self, session: Session, after: "Progress", plan: Plan, now: datetime) -> None:
        ending = {"state": "succeeded", "finished_at": now, "owner": None, "lease_until": None}
        hidden = after.numbers.hidden
        ending["detail"] = hiding.sentence(self.source, hidden)
        mine(session, self, **after.numbers.columns(), **ending)
        stopping.go_on(session, self.connection_id)
        well = {**health.WELL, "state": "ready", "cursor": None}
        well |= hiding.found(hidden, is_full=self.since is None)
        if not self.is_once:
            well |= {"mark": plan.mark}
            if self.since is None:
                well["swept_at"] = self.begun
        session.execute(
            update(Connection)
            .where(Connection.id == self.connection_id)
            .values(**well)
            .execution_options(synchronize_session=False)
        )

    def is_enough(self) -> bool:
        """Whether nothing more should be read, though there is more."""
        return False

    def counted(self, after: "Progress") -> None:
        """Takes over the numbers once they are committed."""
        self.numbers, self.overwritten = after.numbers, after.overwritten
        self.has_moved = True

    def at(self, cursor: Cursor | None) -> dict[str, Any]:
        """What the connection keeps while its source is read; ``cursor``: where to go on."""
        return {
            "at": cursor,
            "begun": self.begun.isoformat(),
            "known": self.known,
            "overwritten": self.overwritten,
            "hidden": self.numbers.hidden,
            "since": self.since,
            "once": str(self.run_id) if self.is_once or self.is_named else None,
        }


def mine(session: Session, progress: Progress, **values: Any) -> None:
    """Changes the run if it is still this owner's and running. Raises Stopped."""
    result: Any = session.execute(
        update(SyncRun)
        .where(
            SyncRun.id == progress.run_id,
            SyncRun.owner == progress.owner,
            SyncRun.state == "running",
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if result.rowcount != 1:
        raise Stopped


def added(numbers: Numbers, plan: Plan) -> Numbers:
    """The numbers with those of one more page."""
    tally, seen = plan.tally, numbers.seen + plan.tally.seen
    told = plan.total or 0
    return Numbers(
        seen,
        numbers.created + tally.created,
        numbers.updated + tally.updated,
        numbers.kept + tally.kept,
        numbers.pages + 1,
        numbers.skipped + tally.skipped,
        numbers.faults + tally.faults,
        max(told, seen, numbers.total or 0) if told or numbers.total else None,
        numbers.hidden + plan.hidden,
    )
