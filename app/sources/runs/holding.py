"""Tells people that the guard stopped a run: nothing of it goes on until one of them says so."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
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


def is_over(session: Session, connection_id: UUID) -> bool:
    """Whether its newest run was let go on; so it is when the connection was removed."""
    newest = select(SyncRun.state).where(SyncRun.connection_id == connection_id, ~SyncRun.dry)
    return session.scalar(newest.order_by(SyncRun.id.desc()).limit(1)) != "held"
