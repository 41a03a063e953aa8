"""Sync runs: asked for, looked at, called off."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import Page, of_workspace, page
from app.errors import Conflict
from app.sources import connections
from app.sources.models import SyncRun

OPEN = ("queued", "running")


def start(
    session: Session,
    workspace_id: UUID,
    connection_id: UUID,
    *,
    force: bool = False,
    full: bool = False,
    dry: bool = False,
    once: Mapping[str, Any] | None = None,
    trigger: str = "manual",
    now: datetime,
) -> SyncRun:
    """Queues a run. Raises Conflict when one of the connection is open.

    ``force``: even if it changes much. ``full``: through everything, also what did not change.
    ``dry``: only to see what would become of it. ``once``: lists and tags (ids or names) that this
    run gives everybody, and options of its own; it goes through everything. Asked for by a person,
    it does not wait for a rest.
    """
    connection = connections.get(session, workspace_id, connection_id)
    if trigger == "manual":
        connection.rest_until = None
    run = SyncRun(
        workspace_id=workspace_id,
        connection_id=connection_id,
        trigger=trigger,
        force=force,
        full=full or bool(once),
        dry=dry,
        once=connections.settled_once(session, connection, once, now) if once else None,
        created_at=now,
    )
    session.add(run)
    try:
        session.flush()
    except IntegrityError:
        raise Conflict(
            "A run of this connection is open: wait until it has ended, or cancel it."
        ) from None
    return run


def get(session: Session, workspace_id: UUID, run_id: UUID) -> SyncRun:
    """The run. Raises NotFound."""
    return of_workspace(session, SyncRun, workspace_id, run_id, "run")


def listed(
    session: Session, workspace_id: UUID, connection_id: UUID, *, number: int, per_page: int
) -> Page[SyncRun]:
    """The runs of a connection, newest first. Raises NotFound for the connection."""
    connections.get(session, workspace_id, connection_id)
    query = (
        select(SyncRun).where(SyncRun.connection_id == connection_id).order_by(SyncRun.id.desc())
    )
    return page(session, query, page=number, per_page=per_page)


def cancel(session: Session, workspace_id: UUID, run_id: UUID, *, now: datetime) -> SyncRun:
    """Calls an open run off: no page is stored after this. Raises Conflict when it has ended."""
    get(session, workspace_id, run_id)
    result: Any = session.execute(
        update(SyncRun)
        .where(SyncRun.id == run_id, SyncRun.state.in_(OPEN))
        .values(state="cancelled", finished_at=now, owner=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )
    if result.rowcount != 1:
        raise Conflict("The run has ended already.")
    session.expire_all()
    return get(session, workspace_id, run_id)
