"""A sync agent asks what to do: it says what can be read at its site, and is given a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

import connectors
from app.errors import Conflict, Unauthorized
from app.runtime import Runtime
from app.sources import connections
from app.sources.agents import silence, trying
from app.sources.agents.enrolling import Known
from app.sources.agents.models import Agent, IngestBatch
from app.sources.models import Connection, Site, SyncRun
from app.sources.runs import claiming, control
from app.sources.runs.claiming import Task
from app.sources.sites import discovering, health
from app.workspaces.models import Workspace
from sync import schedule

#: Seconds until an agent that has nothing to do should ask again.
WAIT = 15
#: How often an agent looks what its site offers; while a login there is dead; while it is away.
LOOK_EVERY, LOOK_SOON, LOOK_NOW = timedelta(days=1), timedelta(hours=1), timedelta(minutes=5)
#: An agent that runs is there to keep in step: its sources are read so often unless told otherwise.
USUAL_SCHEDULE = {"every_minutes": 60}
#: A batch that was answered so long ago does not come again.
KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Said:
    """What an agent says when it comes.

    ``findings``: what can be read, ``{"source", "state", "detail"}`` each, None when it did not
    look. ``name``: of the site. ``begin``: whether every source is to be read now. ``once``:
    whether it goes away when that is done.
    """

    version: str
    findings: Sequence[Mapping[str, str]] | None = None
    name: str = ""
    begin: bool = False
    once: bool = False


@dataclass(frozen=True, slots=True)
class Stuck:
    """A source that is not read until a person has mended something: a login, or a held run."""

    source: str
    why: str


@dataclass(frozen=True, slots=True)
class Orders:
    """What an agent is to do: look what its site offers, and the run to go on with, if any."""

    look: bool
    task: Task | None
    stuck: Sequence[Stuck]
    wait: int = WAIT


def visit(runtime: Runtime, who: Known, said: Said) -> Orders:
    """Notes what the agent says, and gives it its next run."""
    now = runtime.now()
    with runtime.database.transaction() as session:
        agent = session.get(Agent, who.id, with_for_update=True)
        if agent is None:
            raise Unauthorized("This agent was removed.")
        silence.heard(session, agent, now)
        if said.begin or not said.once:
            silence.begun(agent, now, once=said.once)
        agent.seen_at, agent.version = now, said.version
        if said.findings is not None:
            _note(session, agent, said, now)
        _forget(session, who, now)
        look = _should_look(session, agent, now)
    if not look:
        _begin(runtime, who, now, everything=said.begin)
    with runtime.database.transaction() as session:
        task = None if look else _next(session, who, now)
        return Orders(look, task, _stuck(session, who))


def _note(session: Session, agent: Agent, said: Said, now: datetime) -> None:
    """What can be read becomes a connection; one whose login was dead is ready again."""
    agent.findings, agent.looked_at = [dict(one) for one in said.findings or ()], now
    site = session.get_one(Site, agent.site_id)
    site.name, site.discovered_at = site.name or said.name, now
    known = discovering.connections_of(session, site)
    for finding in agent.findings:
        source = finding["source"]
        if finding["state"] != "ready" or source not in connectors.find():
            continue
        if source not in known:
            discovering.connect(session, site, source, now, dict(USUAL_SCHEDULE))
        elif known[source].state != "ready":
            for name, value in {"state": "ready", **health.WELL}.items():
                setattr(known[source], name, value)
    session.flush()
    health.settle(session, site, now)


def _forget(session: Session, who: Known, now: datetime) -> None:
    mine = (
        select(SyncRun.id)
        .join(Connection, Connection.id == SyncRun.connection_id)
        .where(Connection.site_id == who.site_id)
    )
    old = (IngestBatch.created_at < now - KEPT, IngestBatch.run_id.in_(mine))
    session.execute(delete(IngestBatch).where(*old))


def _should_look(session: Session, agent: Agent, now: datetime) -> bool:
    if agent.looked_at is None:
        return True
    if all(one["state"] == "unreachable" for one in agent.findings):
        return now - agent.looked_at >= LOOK_NOW
    dead = (Connection.site_id == agent.site_id, Connection.state != "ready")
    is_dead = session.scalar(select(Connection.id).where(*dead).limit(1)) is not None
    return now - agent.looked_at >= (LOOK_SOON if is_dead else LOOK_EVERY)


def _begin(runtime: Runtime, who: Known, now: datetime, *, everything: bool) -> None:
    """Queues a run for every source that is due, or of ``everything`` that is well.

    One that is held stays so until a person says go.
    """
    with runtime.database.reading() as session:
        query = select(Connection).where(
            Connection.site_id == who.site_id, Connection.state == "ready", claiming.rested(now)
        )
        zone = session.get_one(Workspace, who.workspace_id).timezone
        due = [
            one.id
            for one in session.scalars(query)
            if everything or schedule.is_due(connections.timing(one, zone), now)
        ]
    trigger = "agent" if everything else "schedule"
    for connection_id in due:
        try:
            with runtime.database.transaction() as session:
                last = _last_run(session, connection_id)
                if last is None or last.state != "held":
                    start = (session, who.workspace_id, connection_id)
                    control.start(*start, trigger=trigger, now=now)
        except Conflict:
            continue  # one is open


def _stuck(session: Session, who: Known) -> list[Stuck]:
    found = []
    query = select(Connection).where(Connection.site_id == who.site_id).order_by(Connection.id)
    for connection in session.scalars(query):
        last = _last_run(session, connection.id)
        if last and (connection.state != "ready" or last.state == "held"):
            found.append(Stuck(connection.source, connection.trouble or last.detail))
    return found


def _last_run(session: Session, connection_id: UUID) -> SyncRun | None:
    mine = select(SyncRun).where(SyncRun.connection_id == connection_id)
    return session.scalar(mine.order_by(SyncRun.id.desc()).limit(1))


def _next(session: Session, who: Known, now: datetime) -> Task | None:
    """Takes the agent's run: the one it was at, else the first in the order of the sources."""
    order = list(connectors.find())
    waiting = (
        select(SyncRun.id, SyncRun.state, Connection.source)
        .join(Connection, Connection.id == SyncRun.connection_id)
        .where(
            Connection.site_id == who.site_id,
            Connection.source.in_(order),
            or_(SyncRun.state == "running", (SyncRun.state == "queued") & claiming.rested(now)),
        )
        .order_by(SyncRun.id)
    )
    found = sorted(
        session.execute(waiting),
        key=lambda run: (run.state != "running", order.index(run.source)),
    )
    return _claimed(session, found[0].id, who, now) if found else None


def _claimed(session: Session, run_id: UUID, who: Known, now: datetime) -> Task | None:
    """Takes a run for the agent, and notes where it was told to go on."""
    mine = (SyncRun.id == run_id, SyncRun.state == "running", SyncRun.owner == who.id)
    session.execute(update(SyncRun).where(*mine).values(state="queued", owner=None))
    task = claiming.claim(session, run_id, who.id, now)
    if task is None:
        return None  # this server had begun it before the agent came: its lease is not over
    run = session.get_one(SyncRun, run_id)
    _start_anew(run, task)
    if run.dry:
        trying.forget(session, run.connection_id)
        session.flush()
        return task
    connection = session.get_one(Connection, run.connection_id)
    connection.cursor = task.progress.at(task.pull.cursor)
    session.flush()
    return task


def _start_anew(run: SyncRun, task: Task) -> None:
    """A sweep that was left too long ago begins again, and so do its numbers."""
    for name, value in task.progress.numbers.columns().items():
        setattr(run, name, value)


def as_json(task: Task) -> dict[str, Any]:
    """A run as an agent is told of it."""
    return {
        "run_id": task.progress.run_id,
        "source": task.source,
        "number": task.progress.numbers.pages,
        "cursor": task.pull.cursor,
        "since": task.pull.since,
        "options": task.pull.options,
    }
