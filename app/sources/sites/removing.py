"""Sites are removed bit by bit: nobody who wants to write waits for all rows of a large one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.runtime import Runtime
from app.sources.models import Connection, Site, SyncRun
from app.sources.runs import control
from app.sources.sites import leaving, register
from app.sources.storing import noted


def remove(runtime: Runtime, workspace_id: UUID, site_id: UUID) -> list[str]:
    """Removes the site with its connections and runs; the contacts stay. Raises NotFound.

    Gives what is left at the site itself, a sentence each: it is taken away later. Whoever is
    stopped in the middle leaves a site of which nothing is read any more, to be removed again.
    """
    now = runtime.now()
    with runtime.database.transaction() as session:
        site = register.get(session, workspace_id, site_id)
        found = _stop(session, site, now)
    for connection_id in found:
        noted.clear(runtime, connection_id)
    with runtime.database.transaction() as session:
        site = register.get(session, workspace_id, site_id)
        left = leaving.pack(session, workspace_id, site, runtime.now())
        session.delete(site)
    return left


def _stop(session: Session, site: Site, now: datetime) -> list[UUID]:
    """Nothing of the site is read any more; gives its connections."""
    mine = select(Connection.id).where(Connection.site_id == site.id)
    found = list(session.scalars(mine))
    over = {"state": "cancelled", "finished_at": now, "owner": None, "lease_until": None}
    runs = update(SyncRun).where(SyncRun.connection_id.in_(found), SyncRun.state.in_(control.OPEN))
    session.execute(runs.values(**over).execution_options(synchronize_session=False))
    still = update(Connection).where(Connection.id.in_(found)).values(schedule=None)
    session.execute(still.execution_options(synchronize_session=False))
    return found
