"""Webhooks at a site, made by us when its owner wants that: each only brings the next pull forward.

The site is asked between two transactions: none may wait for a stranger.
"""

import secrets
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

import connectors
from app.errors import Conflict, Invalid, NotFound, Unauthorized
from app.runtime import Runtime
from app.sources import connections
from app.sources.models import Connection, Site
from app.sources.runs import sooner
from app.sources.sites import leaving
from app.sources.sites.way_in import open_site
from app.sources.webhooks.models import Hint
from connectors.reading.hooks import Hints, hints_of
from wp_bridge.client import Client
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater

T = TypeVar("T")
log = structlog.get_logger(__name__)

#: Seconds for each answer: somebody may wait for it.
PATIENCE = 20.0
#: How often it is looked whether a site still has its webhooks.
EVERY = timedelta(hours=1)
_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class _Place:
    """A hint with everything that is needed to speak about it with its site."""

    hint: Hint
    source: str
    site: Site
    hints: Hints
    secret: str
    address: str


def begin(runtime: Runtime, workspace_id: UUID, connection_id: UUID) -> Hint:
    """Makes the webhooks at the site. Doing it again mends them.

    Raises NotFound, Invalid for a source that cannot tell, Conflict when the site refuses.
    """
    now = runtime.now()
    with runtime.database.transaction() as session:
        connection = connections.get(session, workspace_id, connection_id)
        _hints(connection)
        found = _of(session, connection_id) or _new(session, connection, runtime, now)
        place = _place(session, found, runtime)
    if why := place.hints.obstacle(place.address, place.site.url):
        _forget(runtime, found.id)
        raise Conflict(
            f"The site could not tell anything: {why}. Give pressferry an address that it reaches "
            "(PRESSFERRY__BASE_URL)."
        )
    try:
        _ask(runtime, place, lambda site: place.hints.keep(site, place.address, place.secret))
    except (TryLater, AskTheOwner, NotUnderstood) as trouble:
        if found.checked_at is None:
            _forget(runtime, found.id)
        raise Conflict(
            f"The site did not make the webhooks: {trouble.sentence} ({place.hints.permission})"
        ) from None
    return _checked(runtime, found.id, "")


def get(session: Session, workspace_id: UUID, connection_id: UUID) -> Hint:
    """The hint of a connection. Raises NotFound."""
    connections.get(session, workspace_id, connection_id)
    found = _of(session, connection_id)
    if found is None:
        raise NotFound("This connection has no webhooks at its site.")
    return found


def end(runtime: Runtime, workspace_id: UUID, connection_id: UUID) -> None:
    """Takes the webhooks away at the site, now or as soon as it lets us, and forgets them. What is
    left there is answered with 404, and the site then switches it off by itself. Raises NotFound.
    """
    with runtime.database.reading() as session:
        place = _place(session, get(session, workspace_id, connection_id), runtime)
    try:
        _ask(runtime, place, lambda site: place.hints.drop(site, place.address))
    except (TryLater, AskTheOwner, NotUnderstood) as trouble:
        log.warning("webhooks stay at a site", site=place.site.url, why=trouble.sentence)
        with runtime.database.transaction() as session:
            path = urlsplit(place.address).path
            leaving.add(session, place.site, place.source, path, runtime.now())
    _forget(runtime, place.hint.id)


def hear(runtime: Runtime, hint_id: UUID, headers: Mapping[str, str], body: bytes) -> None:
    """A site says that something changed: the next pull comes forward.

    Raises NotFound, Unauthorized when it was not this site that said it.
    """
    now = runtime.now()
    with runtime.database.reading() as session:
        hint = session.get(Hint, hint_id)
        if hint is None:
            raise NotFound("There is no such webhook (any more).")
        place = _place(session, hint, runtime)
    is_theirs = place.hints.heard(headers, body, place.secret)
    if is_theirs is False:
        raise Unauthorized("The signature is not one made with the secret of this webhook.")
    if is_theirs:
        with runtime.database.transaction() as session:
            session.execute(update(Hint).where(Hint.id == hint_id).values(heard_at=now))
            sooner.ask(session, hint.connection_id, now, place.hints.named(headers, body))


def keep(runtime: Runtime) -> int:
    """Looks whether the sites still have their webhooks, and makes anew what was disabled or is
    gone; gives how many hints were looked after. Safe beside another.
    """
    now = runtime.now()
    with runtime.database.transaction() as session:
        due = select(Hint).join(Connection, Connection.id == Hint.connection_id)
        late = or_(Hint.checked_at.is_(None), Hint.checked_at <= now - EVERY)
        due = due.where(late, Connection.state == "ready").order_by(Hint.id).limit(_AT_ONCE)
        found = list(session.scalars(due.with_for_update(skip_locked=True, of=Hint)))
        for hint in found:
            hint.checked_at = now
        places = [_place(session, hint, runtime) for hint in found]
    for place in places:
        _look_after(runtime, place)
    return len(places)


def _look_after(runtime: Runtime, place: _Place) -> None:
    try:
        made = _ask(
            runtime, place, lambda site: place.hints.keep(site, place.address, place.secret)
        )
    except (TryLater, AskTheOwner, NotUnderstood) as trouble:
        _checked(runtime, place.hint.id, trouble.sentence)
        return
    if made:
        log.info("webhooks of a site were made anew", site=place.site.url, made=made)
    _checked(runtime, place.hint.id, "")


def address(runtime: Runtime, hint_id: UUID) -> str:
    """Where a site sends its hints."""
    return f"{runtime.base_url.rstrip('/')}/hints/{hint_id}"


def _ask(runtime: Runtime, place: _Place, what: Callable[[Client], T]) -> T:
    with closing(open_site(runtime, place.site, seconds=PATIENCE)) as site:
        return what(site)


def _hints(connection: Connection) -> Hints:
    connector = connectors.find().get(connection.source)
    found = hints_of(connector) if connector else None
    if found is None:
        raise Invalid(
            "This source cannot say that something changed: give its connection a schedule."
        )
    return found


def _of(session: Session, connection_id: UUID) -> Hint | None:
    return session.scalar(select(Hint).where(Hint.connection_id == connection_id))


def _new(session: Session, connection: Connection, runtime: Runtime, now: datetime) -> Hint:
    made = Hint(
        workspace_id=connection.workspace_id,
        connection_id=connection.id,
        secret=runtime.vault.close(secrets.token_urlsafe(32)),
        detail="",
        created_at=now,
    )
    session.add(made)
    session.flush()
    return made


def _place(session: Session, hint: Hint, runtime: Runtime) -> _Place:
    connection = session.get_one(Connection, hint.connection_id)
    return _Place(
        hint,
        connection.source,
        session.get_one(Site, connection.site_id),
        _hints(connection),
        runtime.vault.open(hint.secret),
        address(runtime, hint.id),
    )


def _checked(runtime: Runtime, hint_id: UUID, detail: str) -> Hint:
    with runtime.database.transaction() as session:
        hint = session.get_one(Hint, hint_id)
        hint.checked_at, hint.detail = runtime.now(), detail
        return hint


def _forget(runtime: Runtime, hint_id: UUID) -> None:
    with runtime.database.transaction() as session:
        if hint := session.get(Hint, hint_id):
            session.delete(hint)
