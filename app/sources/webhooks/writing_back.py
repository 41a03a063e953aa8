"""Tells a source of people who unsubscribed here: a queue that outlives restarts and sites."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, and_, delete, exists, func, select, update
from sqlalchemy.orm import Session

from app.contacts.models import Contact, Suppression
from app.db import insert
from app.errors import Problem
from app.runtime import Runtime
from app.sources import connections
from app.sources.models import Connection, Site, SourceRow
from app.sources.sites.way_in import open_site
from app.sources.storing.writing import SAID_THERE
from app.sources.webhooks.inbox import kind_of
from app.sources.webhooks.models import ToldBack
from connectors.reading.answering import OPTION, WritesBack, writes_back_of
from sync import schedule
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater

log = structlog.get_logger(__name__)

#: Seconds for each answer of the site.
PATIENCE = 30.0
_AT_ONCE = 25
_UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True)
class Telling:
    """How far a connection has got with telling: ``trouble`` is why the last try failed."""

    is_on: bool
    waiting: int
    told: int
    trouble: str
    next_try_at: datetime | None


def tell(runtime: Runtime) -> int:
    """Looks who unsubscribed here and tells the sources that want to hear it; gives how many were
    told. Safe beside another: telling twice changes nothing.
    """
    with runtime.database.reading() as session:
        wanted = [connection.id for connection in _wanting(session)]
    return sum(_tell(runtime, connection_id) for connection_id in wanted)


def portrait(session: Session, workspace_id: UUID, connection_id: UUID) -> Telling:
    """How far it has got. Raises NotFound."""
    connection = connections.get(session, workspace_id, connection_id)
    mine = ToldBack.connection_id == connection_id
    waiting, due = session.execute(
        select(func.count(), func.min(ToldBack.due_at)).where(mine, ToldBack.told_at.is_(None))
    ).one()
    told = session.scalar(select(func.count()).where(mine, ToldBack.told_at.is_not(None))) or 0
    words = select(ToldBack.words).where(mine, ToldBack.told_at.is_(None)).order_by(ToldBack.due_at)
    trouble = session.scalar(words.limit(1)) or ""
    is_on = bool(connections.options(connection).get(OPTION))
    return Telling(is_on, waiting, told, trouble, due)


def _wanting(session: Session) -> Iterator[Connection]:
    for connection in session.scalars(select(Connection).where(Connection.state == "ready")):
        if connections.options(connection).get(OPTION) and _way(connection):
            yield connection


def _way(connection: Connection) -> WritesBack | None:
    return writes_back_of(kind_of(connection.source))


def _tell(runtime: Runtime, connection_id: UUID) -> int:
    now = runtime.now()
    with runtime.database.transaction() as session:
        connection = session.get(Connection, connection_id)
        way = _way(connection) if connection else None
        if connection is None or way is None:
            return 0
        _gather(session, connection, now)
        due = _due(session, connection_id, now)
        site = session.get_one(Site, connection.site_id)
    if not due:
        return 0
    people = {one.source_id: one.email for one in due}
    try:
        with closing(open_site(runtime, site, seconds=PATIENCE)) as client:
            way.unsubscribe(client, people)
    except (TryLater, AskTheOwner, NotUnderstood) as trouble:
        _put_off(runtime, due, f"{trouble.sentence} ({way.permission})")
        return 0
    except Problem as problem:
        _put_off(runtime, due, problem.detail)
        return 0
    with runtime.database.transaction() as session:
        which = _these(connection_id, people)
        session.execute(update(ToldBack).where(which).values(told_at=runtime.now(), words=""))
    log.info("a site was told who unsubscribed", site=site.url, people=len(people))
    return len(people)


def _gather(session: Session, connection: Connection, now: datetime) -> None:
    """Puts into the queue who unsubscribed here since, and takes out who took it back.

    Only her own "no" counts, and none that came from a site: there it is known.
    """
    mine = ToldBack.connection_id == connection.id
    is_out = exists().where(Contact.id == ToldBack.contact_id, Contact.status == _UNSUBSCRIBED)
    session.execute(delete(ToldBack).where(mine, ~is_out))
    said_here = exists().where(
        Suppression.workspace_id == Contact.workspace_id,
        Suppression.address == Contact.address,
        Suppression.reason == _UNSUBSCRIBED,
        Suppression.detail != SAID_THERE,
    )
    known = exists().where(mine, ToldBack.source_id == SourceRow.source_id)
    found = session.execute(
        select(SourceRow.source_id, Contact.id, Contact.email)
        .join(Contact, Contact.id == SourceRow.contact_id)
        .where(SourceRow.connection_id == connection.id, Contact.status == _UNSUBSCRIBED)
        .where(said_here, ~known)
    ).all()
    rows = [
        {
            "connection_id": connection.id,
            "source_id": source_id,
            "contact_id": contact_id,
            "email": email,
            "tries": 0,
            "words": "",
            "due_at": now,
        }
        for source_id, contact_id, email in found
    ]
    if rows:
        session.connection().execute(insert(session, ToldBack).on_conflict_do_nothing(), rows)


def _due(session: Session, connection_id: UUID, now: datetime) -> Sequence[ToldBack]:
    mine = and_(ToldBack.connection_id == connection_id, ToldBack.told_at.is_(None))
    query = select(ToldBack).where(mine, ToldBack.due_at <= now).order_by(ToldBack.due_at)
    return session.scalars(query.limit(_AT_ONCE)).all()


def _put_off(runtime: Runtime, due: Sequence[ToldBack], words: str) -> None:
    with runtime.database.transaction() as session:
        for one in due:
            tries = one.tries + 1
            values = {"tries": tries, "words": words[:1000]}
            which = _these(one.connection_id, [one.source_id])
            at = runtime.now() + schedule.rest(tries)
            session.execute(update(ToldBack).where(which).values(due_at=at, **values))


def _these(connection_id: UUID, source_ids: Iterable[str]) -> ColumnElement[bool]:
    return and_(ToldBack.connection_id == connection_id, ToldBack.source_id.in_(list(source_ids)))
