"""Tells people that the guard stopped a run: nothing of it goes on until one of them says so."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.alerts import raise_
from app.sources.models import Connection, Site, SyncRun
from app.sources.webhooks.inbox import kind_of

KIND = "sync_held"


def tell(session: Session, connection_id: UUID, why: str, now: datetime) -> None:
    """Raises it. Who brought a file looks at its run, and nothing more of it would come."""
    connection = session.get_one(Connection, connection_id)
    site = session.get_one(Site, connection.site_id)
    if site.is_file:
        return
    kind = kind_of(connection.source)
    told = f"Nothing more comes from {kind.title if kind else connection.source} of "
    sentence = f"{told}{site.name or site.url} ({site.url}) until a person decides. {why}"
    raise_(session, site.workspace_id, KIND, str(connection_id), sentence, now=now)


def is_held() -> ColumnElement[bool]:
    """Whether the newest run of a Connection was held; looking (a dry run) lets nothing go on."""
    newest = select(SyncRun.state).where(SyncRun.connection_id == Connection.id, ~SyncRun.dry)
    state = newest.order_by(SyncRun.id.desc()).limit(1).correlate(Connection).scalar_subquery()
    return func.coalesce(state, "") == "held"


def those_held(session: Session, connection_ids: Collection[UUID]) -> set[UUID]:
    """Which of these wait for a person: those that were removed do not."""
    mine = select(Connection.id).where(Connection.id.in_(connection_ids), is_held())
    return set(session.scalars(mine))
