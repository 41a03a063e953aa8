"""What is due and waits, how long it has waited, and what nobody knows."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.sending.models import Delivery, Dispatch
from app.sending.models.delivery import IN_DOUBT


@dataclass(frozen=True, slots=True)
class Queue:
    """How many deliveries could go now, the oldest one's moment, and how many are in doubt."""

    due: int = 0
    oldest_due_at: datetime | None = None
    unknown: int = 0


def of_workspace(session: Session, workspace_id: UUID, now: datetime) -> Queue:
    """The queue of one workspace."""
    return by_workspace(session, now, only=workspace_id).get(workspace_id, Queue())


def by_workspace(session: Session, now: datetime, *, only: UUID | None = None) -> dict[UUID, Queue]:
    """The queues of all workspaces that have one. What is held or not ready yet is not due."""
    going = select(Dispatch.id, Dispatch.workspace_id).where(
        Dispatch.finished_at.is_(None), Dispatch.hold == "", Dispatch.ready_at <= now
    )
    due = (Delivery.state == "queued") & (Delivery.due_at <= now)
    doubtful = (
        select(Dispatch.workspace_id, func.count())
        .join(Delivery, Delivery.dispatch_id == Dispatch.id)
        .where(IN_DOUBT)
        .group_by(Dispatch.workspace_id)
    )
    if only is not None:
        going = going.where(Dispatch.workspace_id == only)
        doubtful = doubtful.where(Dispatch.workspace_id == only)
    which = going.subquery()
    waiting = session.execute(
        select(which.c.workspace_id, func.count(), func.min(Delivery.due_at))
        .join(Delivery, Delivery.dispatch_id == which.c.id)
        .where(due)
        .group_by(which.c.workspace_id)
    )
    found = {workspace_id: (many, oldest) for workspace_id, many, oldest in waiting}
    doubts = dict(session.execute(doubtful).all())
    return {key: Queue(*found.get(key, (0, None)), doubts.get(key, 0)) for key in {*found, *doubts}}
