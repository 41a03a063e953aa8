"""What we made at a site that is removed here is taken away there: afterwards, patiently."""

from contextlib import closing
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

import connectors
from app.errors import Problem
from app.runtime import Runtime
from app.sources.models import Connection, Site
from app.sources.sites.way_in import open_site
from app.sources.webhooks.models import Farewell, Hint
from connectors.reading.hooks import Hints, hints_of
from sync import schedule
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater

log = structlog.get_logger(__name__)

#: Seconds for each answer of a site.
_PATIENCE = 20.0
#: So long it is tried; then the login goes, too. What is left switches itself off there.
GIVEN_UP = timedelta(days=1)
_AT_ONCE = 20
#: A process that died over one leaves it to others after so long.
_TURN = timedelta(minutes=10)


def pack(session: Session, workspace_id: UUID, site: Site, now: datetime) -> list[str]:
    """Notes what is to be taken away at a site that is about to be removed; a sentence for each."""
    mine = Connection.workspace_id == workspace_id, Connection.site_id == site.id
    query = select(Hint, Connection.source).join(Connection, Connection.id == Hint.connection_id)
    left = []
    for hint, source in session.execute(query.where(*mine)):
        path = f"/hints/{hint.id}"
        add(session, site, source, path, now)
        left.append(_sentence(source, path))
    return left


def add(session: Session, site: Site, source: str, path: str, now: datetime) -> None:
    """Notes that webhooks to ``path`` are to be taken away, with all that it takes."""
    names = ("workspace_id", "url", "username", "secret", "shop_keys", "rest_root")
    taken = {name: getattr(site, name) for name in names}
    session.add(Farewell(source=source, path=path, created_at=now, due_at=now, **taken))
    session.flush()


def clear(runtime: Runtime) -> int:
    """Takes away what is due; gives how many sites were left clean. Safe beside another."""
    now = runtime.now()
    with runtime.database.transaction() as session:
        due = select(Farewell).where(Farewell.due_at <= now).order_by(Farewell.id).limit(_AT_ONCE)
        found = list(session.scalars(due.with_for_update(skip_locked=True)))
        for one in found:
            one.due_at = now + _TURN
    return sum(_is_clean(runtime, one, now) for one in found)


def _is_clean(runtime: Runtime, one: Farewell, now: datetime) -> bool:
    why = _trouble(runtime, one)
    with runtime.database.transaction() as session:
        row = session.get(Farewell, one.id)
        if row is None:
            return False
        if not why or now - row.created_at >= GIVEN_UP:
            session.delete(row)
        else:
            row.tries += 1
            row.due_at = runtime.now() + schedule.rest(row.tries)
    if why:
        log.warning("webhooks stay at a site", site=one.url, path=one.path, why=why)
    return not why


def _trouble(runtime: Runtime, one: Farewell) -> str:
    """Takes them away; "" or why not."""
    hints = _hints(one.source)
    if hints is None:
        return "the connector is not installed any more"
    site = Site(
        id=one.id,
        url=one.url,
        username=one.username,
        secret=one.secret,
        shop_keys=one.shop_keys,
        rest_root=one.rest_root,
    )
    try:
        with closing(open_site(runtime, site, seconds=_PATIENCE)) as client:
            hints.drop(client, one.path)
    except (TryLater, AskTheOwner, NotUnderstood) as trouble:
        return trouble.sentence
    except Problem as problem:
        return problem.detail
    return ""


def _sentence(source: str, path: str) -> str:
    connector = connectors.find().get(source)
    hints, title = _hints(source), connector.title if connector else source
    where = f" To be sure, look there: {hints.where}." if hints else ""
    return (
        f"The webhooks of {title} that end with {path} are taken away within minutes, and if the "
        f"site does not answer it is tried for a day.{where}"
    )


def _hints(source: str) -> Hints | None:
    connector = connectors.find().get(source)
    return hints_of(connector) if connector else None
