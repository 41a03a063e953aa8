"""Which runs wait for somebody, and taking one: by one owner, for a while."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from app.contacts import fields
from app.contacts.models import Contact, MailingList, Tag
from app.sources import connections, forms
from app.sources.agents.enrolling import READ_HERE
from app.sources.forms import Rules
from app.sources.models import Connection, Site, SourceRow, SyncRun
from app.sources.runs import narrowing, rejects
from app.sources.runs.progress import LEASE, Numbers, Progress
from app.sources.uploads.source import is_file
from connectors import Pull, SourceField
from sync import passes
from sync.merge import Terms

#: A sweep that was left for so long is begun anew: too much has changed at the source.
STALE = timedelta(days=1)
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Task:
    """A claimed run, with everything it needs."""

    progress: Progress
    workspace_id: UUID
    site: Site
    source: str
    mapping: dict[str, str]
    targets: frozenset[str]
    terms: Terms
    rules: Rules
    once: Terms | None
    dry: bool
    kinds: dict[str, str]
    fields: list[SourceField]
    pull: Pull
    failures: int
    force: bool


def waiting(session: Session, now: datetime) -> list[UUID]:
    """Runs that may be taken: queued ones whose connection does not rest, and abandoned ones.

    Those of a site that an agent reads are the agent's.
    """
    query = (
        select(SyncRun.id)
        .join(Connection, Connection.id == SyncRun.connection_id)
        .where(READ_HERE, or_(and_(SyncRun.state == "queued", rested(now)), _abandoned(now)))
        .order_by(SyncRun.id)
        .limit(_AT_ONCE)
    )
    return list(session.scalars(query))


def claim(session: Session, run_id: UUID, owner: UUID, now: datetime) -> Task | None:
    """Takes the run, None when somebody else was faster."""
    taken: Any = session.execute(
        update(SyncRun)
        .where(SyncRun.id == run_id, or_(SyncRun.state == "queued", _abandoned(now)))
        .values(
            state="running",
            owner=owner,
            lease_until=now + LEASE,
            started_at=func.coalesce(SyncRun.started_at, now),
        )
        .execution_options(synchronize_session=False)
    )
    if not taken.rowcount:
        return None
    run = session.get_one(SyncRun, run_id)
    if run.pages == 0 and not run.dry and run.named is None:
        narrowing.narrow(session, session.get_one(Connection, run.connection_id), run, now)
    return task_of(session, run, owner, _cursor(session, run, now), now)


def rested(now: datetime) -> ColumnElement[bool]:
    """Of a query of connections: those that do not rest after a trouble."""
    return or_(Connection.rest_until.is_(None), Connection.rest_until <= now)


def release_all(session: Session) -> int:
    """Lets every running run be taken at once: whoever had it stores nothing more."""
    released: Any = session.execute(
        update(SyncRun)
        .where(SyncRun.state == "running")
        .values(state="queued", owner=None, lease_until=None)
    )
    return int(released.rowcount)


def _abandoned(now: datetime) -> ColumnElement[bool]:
    return and_(SyncRun.state == "running", SyncRun.lease_until < now)


def task_of(
    session: Session, run: SyncRun, owner: UUID, cursor: dict[str, Any] | None, now: datetime
) -> Task:
    """Everything that ``run``, which its owner has claimed, needs to go on at ``cursor``."""
    connection = session.get_one(Connection, run.connection_id)
    since = _since(connection, run, cursor, now)
    site, rules = session.get_one(Site, connection.site_id), forms.rules(session, connection)
    if run.pages == 0:
        rejects.forget(session, connection.id)
        is_whole = not run.dry and run.named is None
        connection.last_run_at = now if is_whole else connection.last_run_at
    return Task(
        progress=replace(
            _progress(session, run, owner, cursor, since, now),
            source=connection.source,
            site=site.url,
        ),
        workspace_id=run.workspace_id,
        site=site,
        source=connection.source,
        mapping=connection.mapping,
        targets=frozenset(connections.targets(session, run.workspace_id)),
        terms=terms_of(session, connection, rules),
        rules=rules,
        once=_once(session, run),
        dry=run.dry,
        kinds=fields.kinds(session, run.workspace_id),
        fields=connections.fields(connection),
        pull=_pull(connection, run, cursor, since),
        failures=connection.failures,
        force=run.force,
    )


def _pull(
    connection: Connection,
    run: SyncRun,
    cursor: dict[str, Any] | None,
    since: dict[str, Any] | None,
) -> Pull:
    named = None if run.named is None else tuple(run.named)
    return Pull(cursor["at"] if cursor else None, since, _options(connection, run), named)


def terms_of(session: Session, connection: Connection, rules: Rules) -> Terms:
    """What a connection does with people."""
    return Terms(
        connection.new_contact_status,
        _existing(session, MailingList, connection.workspace_id, connection.add_lists),
        _existing(session, Tag, connection.workspace_id, connection.add_tags),
        policy=rules.policy,
    )


def _options(connection: Connection, run: SyncRun) -> dict[str, bool | str]:
    """The connection's choices, and over them those of this run alone."""
    chosen: dict[str, bool | str] = (run.once or {}).get("options", {})
    return connections.options(connection) | chosen


def _cursor(session: Session, run: SyncRun, now: datetime) -> dict[str, Any] | None:
    """Where a sweep was left, unless that is too long ago, or was a sweep of another kind."""
    cursor = session.get_one(Connection, run.connection_id).cursor
    if not cursor or now - datetime.fromisoformat(cursor["begun"]) > STALE:
        return None
    own = None if run.once is None and run.named is None else str(run.id)
    return cursor if cursor.get("once") == own else None


def _once(session: Session, run: SyncRun) -> Terms | None:
    """What a run gives everybody, besides what the connection gives."""
    if run.once is None:
        return None
    return Terms(
        lists=_existing(session, MailingList, run.workspace_id, run.once["add_lists"]),
        tags=_existing(session, Tag, run.workspace_id, run.once["add_tags"]),
    )


def _since(
    connection: Connection, run: SyncRun, cursor: dict[str, Any] | None, now: datetime
) -> dict[str, Any] | None:
    """The mark that the run goes by; None when it goes through everything."""
    if cursor:
        return cursor.get("since")
    if run.full or run.force:
        return None
    found = passes.since(connection.mark, connection.swept_at, connection.updated_at, now)
    return dict(found) if found else None


def _progress(
    session: Session,
    run: SyncRun,
    owner: UUID,
    cursor: dict[str, Any] | None,
    since: dict[str, Any] | None,
    now: datetime,
) -> Progress:
    numbers = _numbers(run) if cursor and not run.dry else Numbers()
    return Progress(
        run_id=run.id,
        owner=owner,
        connection_id=run.connection_id,
        origin="wordpress",
        numbers=replace(numbers, hidden=cursor.get("hidden", 0) if cursor else 0),
        begun=datetime.fromisoformat(cursor["begun"]) if cursor else now,
        known=cursor["known"] if cursor else _known(session, run),
        overwritten=cursor["overwritten"] if cursor else 0,
        since=since,
        is_once=run.once is not None,
        is_named=run.named is not None,
    )


def _numbers(run: SyncRun) -> Numbers:
    skipped = Counter({reason: int(count) for reason, count in run.skipped.items()})
    counted = (run.seen, run.created, run.updated, run.kept, run.pages)
    return Numbers(*counted, skipped, run.faults, run.total)


def _known(session: Session, run: SyncRun) -> int:
    """How many contacts the guard looks after: a file comes once, so all of the workspace's."""
    connection = session.get_one(Connection, run.connection_id)
    query = select(func.count(SourceRow.contact_id.distinct())).where(
        SourceRow.connection_id == run.connection_id
    )
    if is_file(connection.source):
        query = select(func.count()).where(Contact.workspace_id == run.workspace_id)
    return session.scalar(query) or 0


def _existing(
    session: Session, kind: type[MailingList] | type[Tag], workspace_id: UUID, ids: list[str]
) -> frozenset[UUID]:
    """Those of the lists or tags to add that were not removed meanwhile."""
    wanted = [UUID(one) for one in ids]
    query = select(kind.id).where(kind.workspace_id == workspace_id, kind.id.in_(wanted))
    return frozenset(session.scalars(query)) if wanted else frozenset()
