"""A batch that a sync agent brings: its page is taken once, as if this server had read it.

The batch, its answer and the page's changes are one commit. A batch that comes again is answered
with the same words, and changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError, TimeoutError
from sqlalchemy.orm import Session

from app.errors import Conflict, NotFound
from app.runtime import Runtime
from app.sources import hiding
from app.sources.agents import silence, trying
from app.sources.agents.enrolling import Known
from app.sources.agents.models import Agent, IngestBatch
from app.sources.models import Connection, SyncRun
from app.sources.runs import claiming, control, ending, running
from app.sources.runs.claiming import Task
from app.sources.runs.progress import LEASE, Progress, Stopped
from connectors import Page
from sync import run as pulling
from sync.remote import Batch
from sync.run import Held, Plan

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A batch as it came: its own id, and a digest of its text."""

    id: UUID
    digest: str
    batch: Batch


def digest(body: bytes) -> str:
    """What tells whether a batch that comes again is the same."""
    return blake2b(body, digest_size=16).hexdigest()


class OutOfStep(Exception):
    """The run is further than the batch, or not there yet."""


@dataclass
class Receipt(Progress):
    """How far a run has got, when its page comes in ``parcel``: noted in the page's own commit."""

    parcel: Parcel | None = None

    def store(self, session: Session, plan: Plan, now: datetime) -> "Progress":
        """As for a page that was read here; and what the agent is told. Raises OutOfStep too."""
        assert self.parcel
        run = session.get_one(SyncRun, self.run_id, with_for_update=True, populate_existing=True)
        if run.pages != self.parcel.batch.number:
            raise OutOfStep
        after = Progress.store(self, session, plan, now)
        state = "succeeded" if plan.cursor is None else "running"
        why = hiding.sentence(self.source, after.numbers.hidden) if plan.cursor is None else ""
        _note(session, self.parcel, _answer(self.parcel, state, plan, why), now)
        return after


def take(runtime: Runtime, who: Known, parcel: Parcel) -> dict[str, Any]:
    """What became of a batch.

    Raises NotFound for a run of somebody else, and Conflict for a run that has ended and a batch
    that is not its next: the agent drops what it has of this run and asks what to do.
    """
    with runtime.database.transaction() as session:
        if agent := session.get(Agent, who.id, with_for_update=True):
            silence.heard(session, agent, runtime.now())
        if told := _told(session, who, parcel):
            return told
        task = _task(session, who, parcel, runtime.now())
    if task is None:
        return _interrupted(runtime, parcel)
    if parcel.batch.trouble is not None:
        ending.suffer(runtime, task, parcel.batch.trouble)
        return _interrupted(runtime, parcel)
    assert parcel.batch.page
    try:
        return _page(runtime, task, parcel, parcel.batch.page)
    except (OutOfStep, Stopped):
        return _otherwise(runtime, who, parcel)


def _task(session: Session, who: Known, parcel: Parcel, now: datetime) -> Task | None:
    """The run, taken (again) for the agent; None when its trouble is known already."""
    mine = (
        select(SyncRun)
        .join(Connection, Connection.id == SyncRun.connection_id)
        .where(Connection.site_id == who.site_id, SyncRun.id == _uuid(parcel.batch.run_id))
        .with_for_update(of=SyncRun)
    )
    run = session.scalar(mine)
    if run is None:
        raise NotFound("There is no such run of this agent's site.")
    if run.state not in control.OPEN:
        raise _over(run)
    if run.pages != parcel.batch.number:
        raise _gap(run, parcel)
    if parcel.batch.trouble is not None and run.owner != who.id:
        return None
    run.state, run.owner, run.lease_until = "running", who.id, now + LEASE
    run.started_at = run.started_at or now
    session.flush()
    cursor = session.get_one(Connection, run.connection_id).cursor
    return claiming.task_of(session, run, who.id, cursor, now)


def _page(runtime: Runtime, task: Task, parcel: Parcel, page: Page) -> dict[str, Any]:
    try:
        (_keep if task.dry else _store)(runtime, task, parcel, page)
    except Held as held:
        ending.hold(runtime, task, str(held))
    except (OutOfStep, Stopped, OperationalError, TimeoutError):
        raise
    except Conflict as conflict:
        ending.fail(runtime, task, conflict.detail)
    except Exception:
        log.exception("a batch failed because of a fault in pressferry", run=parcel.batch.run_id)
        ending.fail(runtime, task, "Something in pressferry went wrong: its log says what.")
    return _as_noted(runtime, parcel)


def _store(runtime: Runtime, task: Task, parcel: Parcel, page: Page) -> None:
    values = {one.name: getattr(task.progress, one.name) for one in fields(Progress)}
    task = replace(task, progress=Receipt(**values, parcel=parcel))
    _go_through([page], runtime, task)


def _keep(runtime: Runtime, task: Task, parcel: Parcel, page: Page) -> None:
    """A page of a dry run waits for the others."""

    def note(session: Session) -> None:
        _note(session, parcel, _answer(parcel, "running", None), runtime.now())

    number = parcel.batch.number
    trying.take(
        runtime, task.progress, number, page, note, lambda all_: _go_through(all_, runtime, task)
    )


def _go_through(pages: Iterable[Page], runtime: Runtime, task: Task) -> None:
    connector, most = running.connector_of(task), trying.MOST_ROWS
    store, order = running.prepared(runtime, task, connector, stop=lambda: False, most=most)
    pulling.take(pages, store, order)


def _as_noted(runtime: Runtime, parcel: Parcel) -> dict[str, Any]:
    """What was noted with the page; else how the run ended instead."""
    with runtime.database.reading() as session:
        found = session.get(IngestBatch, parcel.id)
    return found.answer if found else _interrupted(runtime, parcel)


def _interrupted(runtime: Runtime, parcel: Parcel) -> dict[str, Any]:
    """The answer to a batch of which no rows were taken; noted, too."""
    with runtime.database.transaction() as session:
        run = session.get_one(SyncRun, _uuid(parcel.batch.run_id))
        answer = _answer(parcel, run.state, None, run.detail)
        if session.get(IngestBatch, parcel.id) is None:
            _note(session, parcel, answer, runtime.now())
    return answer


def _otherwise(runtime: Runtime, who: Known, parcel: Parcel) -> dict[str, Any]:
    """The same batch came twice at once, or the run was called off meanwhile."""
    with runtime.database.reading() as session:
        if told := _told(session, who, parcel):
            return told
        run = session.get_one(SyncRun, _uuid(parcel.batch.run_id))
        raise _gap(run, parcel) if run.state in control.OPEN else _over(run)


def _told(session: Session, who: Known, parcel: Parcel) -> dict[str, Any] | None:
    found = session.scalar(
        select(IngestBatch)
        .join(SyncRun, SyncRun.id == IngestBatch.run_id)
        .join(Connection, Connection.id == SyncRun.connection_id)
        .where(IngestBatch.id == parcel.id, Connection.site_id == who.site_id)
    )
    if found and found.digest != parcel.digest:
        raise Conflict("There was another batch with this id: every batch has one of its own.")
    return found.answer if found else None


def _note(session: Session, parcel: Parcel, answer: dict[str, Any], now: datetime) -> None:
    run_id = _uuid(parcel.batch.run_id)
    made = IngestBatch(
        id=parcel.id, run_id=run_id, digest=parcel.digest, answer=answer, created_at=now
    )
    session.add(made)
    session.flush()


def _answer(parcel: Parcel, state: str, plan: Plan | None, detail: str = "") -> dict[str, Any]:
    counted = ("seen", "created", "updated", "kept")
    return {
        "batch_id": str(parcel.id),
        "run_id": str(parcel.batch.run_id),
        "state": state,
        "detail": detail,
        **{name: getattr(plan.tally, name) if plan else 0 for name in counted},
        "skipped": dict(plan.tally.skipped) if plan else {},
    }


def _over(run: SyncRun) -> Conflict:
    why = f": {run.detail}" if run.detail else ""
    return Conflict(f"The run has ended ({run.state}){why}")


def _gap(run: SyncRun, parcel: Parcel) -> Conflict:
    return Conflict(
        f"The run is at batch {run.pages}, this is number {parcel.batch.number}: ask what to do."
    )


def _uuid(text: str) -> UUID:
    return UUID(text)
