"""A login that died at one source of a site is not tried at the others: after some wrong logins
sites lock accounts out. What stopped together goes on together.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

import connectors
from app.sources.models import Connection, Site, SyncRun
from app.sources.runs import control
from app.sources.sites import health
from wp_bridge import logins
from wp_bridge.errors import AskTheOwner
from wp_bridge.ways import opens_shop


def stop_others(
    session: Session, connection_id: UUID, trouble: AskTheOwner, now: datetime
) -> list[str]:
    """Stops every source of the site that the login of this one opens, and its runs; gives them.

    Connections are locked in their order, runs only where nobody else has them: whoever has one
    may be waiting for its connection.
    """
    mine = session.get_one(Connection, connection_id)
    site = session.get_one(Site, mine.site_id)
    well = select(Connection).where(
        Connection.site_id == site.id, Connection.id != mine.id, Connection.state == "ready"
    )
    stopped = [
        one
        for one in session.scalars(well.order_by(Connection.id).with_for_update())
        if _is_refused(site, mine.source, one.source, trouble)
    ]
    for one in stopped:
        one.state, one.trouble, one.rest_until = "needs_reauth", trouble.sentence, None
        one.failing_since = one.failing_since or now
    _call_off(session, [one.id for one in stopped], trouble.sentence, now)
    return [one.source for one in stopped]


def go_on(session: Session, connection_id: UUID) -> None:
    """A source is read again: those that stopped with it, and for the same reason, go on."""
    stopped = (Connection.id == connection_id, Connection.state == "needs_reauth")
    why = session.scalar(select(Connection.trouble).where(*stopped))
    if not why:
        return
    mine = session.get_one(Connection, connection_id)
    site = session.get_one(Site, mine.site_id)
    everybody = select(Connection).where(Connection.site_id == site.id).order_by(Connection.id)
    for one in session.scalars(everybody.with_for_update()):
        is_theirs = (one.state, one.trouble) == ("needs_reauth", why)
        if is_theirs and _login(site, one.source) == _login(site, mine.source):
            for name, value in {"state": "ready", **health.WELL}.items():
                setattr(one, name, value)
    session.flush()


def _is_refused(site: Site, source: str, other: str, trouble: AskTheOwner) -> bool:
    login = _login(site, source)
    if not login or _login(site, other) != login:
        return False
    return logins.is_dead(trouble, xmlrpc=connectors.find()[other].needs.xmlrpc)


def _login(site: Site, source: str) -> str:
    """With what a source is opened; "" for what has a login of its own, or none."""
    connector = connectors.find().get(source)
    if connector is None:
        return ""
    return "keys" if site.has_keys and opens_shop(connector.needs.namespace) else "password"


def _call_off(session: Session, ids: Iterable[UUID], why: str, now: datetime) -> None:
    """Runs of these connections that wait, or are under way, end without asking the site again."""
    which = (SyncRun.connection_id.in_(list(ids)), SyncRun.state.in_(control.OPEN))
    for run in session.scalars(select(SyncRun).where(*which).with_for_update(skip_locked=True)):
        run.state, run.finished_at, run.owner, run.lease_until = "failed", now, None, None
        run.detail = f"Another source was refused at the site, so this one did not ask: {why}"
    session.flush()
