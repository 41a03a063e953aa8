"""Pulls that are wanted before their time, and rows that were handed in: which runs to begin."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, aliased

from app.sources.models import Connection, SyncRun
from app.sources.runs import control, holding, narrowing
from app.sources.webhooks.models import WebhookPost

#: What comes within so long is one pull.
GATHERED = timedelta(seconds=10)
#: However much is told, pulls begin so far apart, or further where one takes long.
APART = timedelta(minutes=1)
_TIMES = 5


@dataclass(frozen=True, slots=True)
class Wish:
    """A run that should begin, and why."""

    workspace_id: UUID
    connection_id: UUID
    trigger: str


def ask(session: Session, connection_id: UUID, now: datetime, named: str = "") -> None:
    """Something changed at the source: the next pull comes forward, once for all that is told
    until then. ``named``: what changed, "" for anything.
    """
    connection = session.get_one(Connection, connection_id, with_for_update=True)
    narrowing.note(connection, named)
    last = session.scalars(
        select(SyncRun)
        .where(SyncRun.connection_id == connection_id, SyncRun.started_at.is_not(None))
        .order_by(SyncRun.id.desc())
        .limit(1)
    ).first()
    at = now + GATHERED
    if last and last.started_at:
        took = (last.finished_at or now) - last.started_at
        at = max(at, last.started_at + max(APART, took * _TIMES))
    connection.pull_by = connection.pull_by or at


def wishes(session: Session, now: datetime, connection_id: UUID | None = None) -> list[Wish]:
    """The runs that should begin now, of one connection or of all."""
    which = [Connection.id == connection_id] if connection_id else []
    told = select(Connection.workspace_id, Connection.id).where(
        Connection.pull_by <= now, *which, *_may_begin(now)
    )
    waiting = exists().where(
        WebhookPost.connection_id == Connection.id,
        ~WebhookPost.is_done,
        WebhookPost.received_at <= now - GATHERED,
    )
    handed = select(Connection.workspace_id, Connection.id).where(waiting, *which, *_may_begin(now))
    return [
        Wish(workspace_id, connection_id, trigger)
        for query, trigger in ((told, "hint"), (handed, "webhook"))
        for workspace_id, connection_id in session.execute(query)
    ]


def _may_begin(now: datetime) -> list[ColumnElement[bool]]:
    run = aliased(SyncRun)
    is_open = exists().where(run.connection_id == Connection.id, run.state.in_(control.OPEN))
    return [
        Connection.state == "ready",
        or_(Connection.rest_until.is_(None), Connection.rest_until <= now),
        ~is_open,
        ~holding.is_held(),
    ]
