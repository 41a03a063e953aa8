"""One run at a time finds out whether a login still works: sites count the wrong ones."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.sources.models import Connection, Site, SyncRun
from app.sources.runs.progress import LEASE
from app.sources.sites.stopping import login_of

#: However slow a site is, its other sources wait for no longer.
PATIENCE = timedelta(seconds=30)


def must_wait(session: Session, run_id: UUID, now: datetime) -> bool:
    """Whether another run has just begun with the same login, and no page came over yet: it may be
    refused, and then this one is not to ask. Until the end of the transaction no other run of the
    site can be in between.
    """
    query = select(Connection).join(SyncRun, SyncRun.connection_id == Connection.id)
    mine = session.scalar(query.where(SyncRun.id == run_id))
    if mine is None:
        return False
    lock = select(Site).where(Site.id == mine.site_id).with_for_update(key_share=True)
    site = session.scalar(lock)
    login = login_of(site, mine.source) if site else ""
    if not site or not login:
        return False
    others = select(Connection.source).join(SyncRun, SyncRun.connection_id == Connection.id)
    just_begun = others.where(
        Connection.site_id == site.id,
        SyncRun.id != run_id,
        SyncRun.state == "running",
        SyncRun.pages == 0,
        SyncRun.lease_until > now + LEASE - PATIENCE,
    )
    return any(login_of(site, source) == login for source in session.scalars(just_begun))
