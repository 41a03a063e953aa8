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

#: What was changed while the lock was waited for.
_AFRESH = {"populate_existing": True}


def stop_others(
    session: Session, connection_id: UUID, trouble: AskTheOwner, now: datetime
) -> list[str]:
    """Stops every source of the site that the login of this one opens, and its runs; gives them.

    All connections of the site are locked in their order, this one among them, since two may be
    refused at once; runs only where nobody else has them: whoever has one may be waiting for its
    connection.
    """
    mine = session.get_one(Connection, connection_id)
    site = session.get_one(Site, mine.site_id)
    everybody = select(Connection).where(Connection.site_id == site.id).order_by(Connection.id)
    stopped = [
        one
        for one in session.scalars(everybody.with_for_update().execution_options(**_AFRESH))
        if one.id != mine.id
        and one.state == "ready"
        and _is_refused(site, mine.source, one.source, trouble)
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
        if is_theirs and login_of(site, one.source) == login_of(site, mine.source):
            for name, value in {"state": "ready", **health.WELL}.items():
                setattr(one, name, value)
    session.flush()


def _is_refused(site: Site, source: str, other: str, trouble: AskTheOwner) -> bool:
    login = login_of(site, source)
    if not login or login_of(site, other) != login:
        return False
    return logins.is_dead(trouble, xmlrpc=connectors.find()[other].needs.xmlrpc)


def login_of(site: Site, source: str) -> str:
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
