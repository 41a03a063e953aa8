"""Forgets what is over for so long that nobody asks for it any more."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Select, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from app.alerts.models import Alert, AlertNotice
from app.rules.retention import before
from app.runtime import Runtime
from app.sending.models import Attempt, Content, Delivery, Dispatch, Event
from app.sending.models.delivery import IN_DOUBT
from app.sending.models.dispatch import IS_MESSAGE
from app.sources.uploads import forgetting as uploads
from app.watching import keeping
from app.workspaces import retention
from app.workspaces.models import Workspace

log = structlog.get_logger(__name__)

#: So many are forgotten in one transaction, and so many transactions are made in one turn for
#: each kind in each workspace: the rest waits for the next turn.
AT_ONCE, BATCHES = 200, 50

#: Forgets some; says how many.
_Step = Callable[[Session], int]


def forget(runtime: Runtime, *, stretch: int = keeping.SIZE) -> None:
    """One turn through all workspaces. Safe beside another, and safe to be stopped. ``stretch``:
    how many attempts are counted together.
    """
    now, database = runtime.now(), runtime.database
    with database.reading() as session:
        workspaces = session.scalars(select(Workspace.id).order_by(Workspace.id)).all()
        counted = keeping.counted_below(session, size=stretch)
    for workspace_id in workspaces:
        with database.reading() as session:
            kept = retention.kept(session, workspace_id, runtime.kept)
        steps: list[tuple[str, datetime | None, Callable[..., int]]] = [
            ("content of messages", before(kept.content, now), _contents),
            ("messages", before(kept.messages, now), partial(_messages, counted=counted)),
            ("alerts", before(kept.alerts, now), _alerts),
            ("files that were brought", before(kept.uploads, now), _uploads),
            ("pieces of files", before(kept.uploads, now), _pieces),
        ]
        for what, moment, step in steps:
            if moment is not None:
                _take(runtime, what, partial(step, workspace_id=workspace_id, moment=moment))


def _take(runtime: Runtime, what: str, step: _Step) -> None:
    forgotten = 0
    for _ in range(BATCHES):
        with runtime.database.transaction(durable=False) as session:
            some = step(session)
        forgotten += some
        if some < AT_ONCE:
            break
    if forgotten:
        log.info("what is over for long was forgotten", what=what, count=forgotten)


def _contents(session: Session, workspace_id: UUID, moment: datetime) -> int:
    """What finished messages said; of one in doubt it may be needed again."""
    needed = exists().where(
        Dispatch.content_id == Content.id,
        or_(Dispatch.finished_at.is_(None), Dispatch.finished_at >= moment, _is_in_doubt()),
    )
    old = (
        select(Content.id)
        .where(
            Content.workspace_id == workspace_id,
            Content.finished.is_not(None),
            Content.created_at < moment,
            ~needed,
        )
        .order_by(Content.created_at)
        .limit(AT_ONCE)
    )
    done = update(Content).where(Content.id.in_(_ids(session, old))).values(finished=None)
    return len(session.scalars(done.returning(Content.id)).all())


def _messages(session: Session, workspace_id: UUID, moment: datetime, counted: int) -> int:
    """Messages with all that is known of them. The attempts below ``counted`` are in the figures
    for good; later ones are counted again and must stay.
    """
    counts_again = exists().where(
        Attempt.delivery_id == Delivery.id,
        Delivery.dispatch_id == Dispatch.id,
        Attempt.id >= counted,
    )
    old = (
        select(Dispatch.id)
        .where(
            Dispatch.workspace_id == workspace_id,
            IS_MESSAGE,
            Dispatch.created_at < moment,
            Dispatch.finished_at < moment,
            ~_is_in_doubt(),
            ~counts_again,
        )
        .order_by(Dispatch.id)
        .limit(AT_ONCE)
    )
    doomed = _ids(session, old.with_for_update(of=Dispatch, skip_locked=True))
    lines = select(Delivery.id).where(Delivery.dispatch_id.in_(doomed))
    for table in (Attempt, Event):
        session.execute(delete(table).where(table.delivery_id.in_(lines)))
    session.execute(delete(Delivery).where(Delivery.dispatch_id.in_(doomed)))
    gone = delete(Dispatch).where(Dispatch.id.in_(doomed)).returning(Dispatch.content_id)
    contents = set(session.scalars(gone))
    shared = exists().where(Dispatch.content_id == Content.id)
    session.execute(delete(Content).where(Content.id.in_(contents), ~shared))
    return len(doomed)


def _alerts(session: Session, workspace_id: UUID, moment: datetime) -> int:
    """Alerts that are over, and what was told of them."""
    old = (
        select(Alert.id)
        .where(Alert.workspace_id == workspace_id, Alert.closed_at < moment)
        .order_by(Alert.id)
        .limit(AT_ONCE)
    )
    doomed = _ids(session, old.with_for_update(skip_locked=True))
    session.execute(delete(AlertNotice).where(AlertNotice.alert_id.in_(doomed)))
    session.execute(delete(Alert).where(Alert.id.in_(doomed)))
    return len(doomed)


def _uploads(session: Session, workspace_id: UUID, moment: datetime) -> int:
    return uploads.forget(session, workspace_id, moment, AT_ONCE)


def _pieces(session: Session, workspace_id: UUID, moment: datetime) -> int:
    return uploads.clear(session, workspace_id, moment, AT_ONCE)


def _is_in_doubt() -> ColumnElement[bool]:
    return exists().where(Delivery.dispatch_id == Dispatch.id, IN_DOUBT)


def _ids(session: Session, query: Select[Any]) -> list[UUID]:
    return list(session.scalars(query))
