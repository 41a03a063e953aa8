"""The alerts of a workspace as people see them, with what was told to whom."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import db
from app.alerts.models import Alert, AlertEndpoint, AlertNotice
from app.db import Page


def listed(
    session: Session,
    workspace_id: UUID,
    *,
    is_open: bool | None = None,
    kind: str | None = None,
    number: int = 1,
    per_page: int = 50,
) -> Page[Alert]:
    """The newest first; only open or closed ones, or of one kind, when that is said."""
    query = select(Alert).where(Alert.workspace_id == workspace_id).order_by(Alert.id.desc())
    if is_open is not None:
        query = query.where(Alert.closed_at.is_(None) if is_open else Alert.closed_at.is_not(None))
    if kind is not None:
        query = query.where(Alert.kind == kind)
    return db.page(session, query, page=number, per_page=per_page)


def get(session: Session, workspace_id: UUID, alert_id: UUID, *, lock: bool = False) -> Alert:
    """One alert. Raises NotFound."""
    return db.of_workspace(session, Alert, workspace_id, alert_id, "alert", lock=lock)


def acknowledge(
    session: Session, workspace_id: UUID, alert_id: UUID, *, user_id: UUID, now: datetime
) -> Alert:
    """Somebody looks after it; the first one stays written down. It is over when it is over."""
    alert = get(session, workspace_id, alert_id, lock=True)
    if alert.acknowledged_at is None:
        alert.acknowledged_at, alert.acknowledged_by = now, user_id
        session.flush()
    return alert


def notices(
    session: Session, alert_ids: Sequence[UUID]
) -> dict[UUID, list[tuple[AlertNotice, str]]]:
    """What was told of each, oldest first, and to which address or URL."""
    rows = session.execute(
        select(AlertNotice, AlertEndpoint.url)
        .outerjoin(AlertEndpoint, AlertEndpoint.id == AlertNotice.endpoint_id)
        .where(AlertNotice.alert_id.in_(alert_ids))
        .order_by(AlertNotice.id)
    )
    found: defaultdict[UUID, list[tuple[AlertNotice, str]]] = defaultdict(list)
    for notice, url in rows:
        found[notice.alert_id].append((notice, url or notice.email))
    return found
