"""Webhooks that take signed rows: made, rekeyed, removed; what is posted is checked and kept."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import ids
from app.db import insert
from app.errors import Conflict, Invalid, Later, NotFound, Unauthorized
from app.rules import inbound
from app.rules.inbound import BASE64, HEX, Scheme
from app.runtime import Runtime
from app.sources import connections
from app.sources.models import Connection
from app.sources.sites import register
from app.sources.webhooks.inbox import MOST_ROWS, PREFIX, paths_of
from app.sources.webhooks.models import Webhook, WebhookPost
from connectors.reading import handed

#: So many posts in a minute; and so many may wait.
MOST_A_MINUTE = 300
MOST_WAITING = 5_000
#: A signature is refused when it is older than ``signing.PATIENCE``; so long it is remembered.
KEPT = timedelta(hours=1)
#: Where the moment is not signed, a post could come again at any time: it is known for so long.
KEPT_LONG = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Made:
    """A webhook with the secret that is shown this once."""

    webhook: Webhook
    secret: str


@dataclass(frozen=True, slots=True)
class Posted:
    """What came. ``kind``: the media type; ``headers``: with names in lower case."""

    body: bytes
    kind: str
    headers: Mapping[str, str]


def add(
    session: Session, workspace_id: UUID, site_id: UUID, name: str, *, runtime: Runtime
) -> Made:
    """A webhook of a site, with a connection of its own. Raises NotFound, Conflict."""
    site, now = register.get(session, workspace_id, site_id), runtime.now()
    connection = Connection(
        workspace_id=workspace_id,
        site_id=site.id,
        source=PREFIX + name,
        schedule=None,
        created_at=now,
        updated_at=now,
    )
    session.add(connection)
    try:
        session.flush()
    except IntegrityError:
        raise Conflict("The site has a webhook of this name already.") from None
    secret = secrets.token_urlsafe(32)
    made = Webhook(
        workspace_id=workspace_id,
        connection_id=connection.id,
        secret=runtime.vault.close(secret),
        created_at=now,
    )
    session.add(made)
    session.flush()
    return Made(made, secret)


def get(session: Session, workspace_id: UUID, connection_id: UUID) -> Webhook:
    """The webhook of a connection. Raises NotFound."""
    connections.get(session, workspace_id, connection_id)
    found = session.scalar(select(Webhook).where(Webhook.connection_id == connection_id))
    if found is None:
        raise NotFound("This connection has no webhook: its source is pulled.")
    return found


def rekey(session: Session, workspace_id: UUID, connection_id: UUID, *, runtime: Runtime) -> Made:
    """Another secret; the old one is worth nothing from now on. Raises NotFound."""
    found, secret = get(session, workspace_id, connection_id), secrets.token_urlsafe(32)
    found.secret = runtime.vault.close(secret)
    session.flush()
    return Made(found, secret)


def sign(
    session: Session,
    workspace_id: UUID,
    connection_id: UUID,
    scheme: Scheme,
    secret: str,
    *,
    runtime: Runtime,
) -> Webhook:
    """From now on posts are signed as ``scheme`` says, with ``secret`` unless it is "".

    Raises NotFound.
    """
    found = get(session, workspace_id, connection_id)
    is_ours = scheme == Scheme()
    found.signing = "" if is_ours else scheme.kind
    found.header = "" if is_ours else scheme.header
    if secret:
        found.secret = runtime.vault.close(secret)
    session.flush()
    return found


def remove(session: Session, workspace_id: UUID, connection_id: UUID) -> None:
    """Removes a webhook with its connection and runs; the contacts stay. Raises NotFound."""
    get(session, workspace_id, connection_id)
    session.delete(connections.get(session, workspace_id, connection_id))
    session.flush()


def waiting(session: Session, connection_id: UUID) -> int:
    """How many posts are not among the contacts yet."""
    mine = WebhookPost.connection_id == connection_id, ~WebhookPost.is_done
    return session.scalar(select(func.count()).where(*mine)) or 0


def address(runtime: Runtime, webhook_id: UUID) -> str:
    """Where rows are posted to."""
    return f"{runtime.base_url.rstrip('/')}/webhooks/{webhook_id}"


def take(runtime: Runtime, webhook_id: UUID, posted: Posted) -> bool:
    """Keeps what was posted until the next run; False when it was posted before.

    Raises NotFound, Unauthorized, Invalid, and Later when there is too much at once.
    """
    now = runtime.now()
    with runtime.database.reading() as session:
        found = session.get(Webhook, webhook_id)
        if found is None:
            raise NotFound("There is no such webhook (any more).")
        connection = session.get_one(Connection, found.connection_id)
        options = connections.options(connection)
    secret = runtime.vault.open(found.secret)
    given = posted.headers.get(found.scheme.header.lower(), "")
    verdict = inbound.judged(found.scheme, secret, given, posted.body, now)
    if verdict.why:
        raise Unauthorized(verdict.why)
    try:
        rows = handed.rows_in(_read(posted), paths_of(options), MOST_ROWS)
    except handed.NoRows as mistake:
        raise Invalid(str(mistake)) from None
    body = runtime.vault.close(json.dumps(rows))
    digest = sha256(verdict.token.encode()).hexdigest()
    with runtime.database.transaction() as session:
        session.get_one(Webhook, webhook_id).heard_at = now
        return _keep(session, connection.id, digest, body, now)


def _keep(session: Session, connection_id: UUID, digest: str, body: str, now: datetime) -> bool:
    mine = WebhookPost.connection_id == connection_id
    known = select(WebhookPost.id).where(mine, WebhookPost.digest == digest)
    if session.scalar(known):
        return False
    lately = select(func.count()).where(mine, WebhookPost.received_at > now - timedelta(minutes=1))
    if (session.scalar(lately) or 0) >= MOST_A_MINUTE:
        raise Later(f"More than {MOST_A_MINUTE} posts in a minute: send several rows in one.", 60)
    if waiting(session, connection_id) >= MOST_WAITING:
        raise Later("Too much waits to be taken over: look at the runs of the connection.", 600)
    row = {"id": ids.new_id(), "connection_id": connection_id, "digest": digest, "body": body}
    statement = insert(session, WebhookPost).values(**row, received_at=now, is_done=False)
    statement = statement.on_conflict_do_nothing(index_elements=["connection_id", "digest"])
    return session.execute(statement.returning(WebhookPost.id)).first() is not None


def forget_old(runtime: Runtime) -> None:
    """Lets go of posts that are among the contacts, and too old to be posted again."""
    now = runtime.now()
    timeless = select(Webhook.connection_id).where(Webhook.signing.in_((HEX, BASE64)))
    is_timeless = WebhookPost.connection_id.in_(timeless)
    late, very_late = (
        WebhookPost.received_at < now - KEPT,
        WebhookPost.received_at < now - KEPT_LONG,
    )
    with runtime.database.transaction() as session:
        for old in (late & ~is_timeless, very_late & is_timeless):
            session.execute(delete(WebhookPost).where(WebhookPost.is_done, old))


def _read(posted: Posted) -> Any:
    """The body as values. Raises Invalid."""
    kind = posted.kind.partition(";")[0].strip().lower()
    if kind not in _READERS:
        raise Invalid(f"Send one of {', '.join(_READERS)}: this says '{kind[:100]}'.")
    try:
        return _READERS[kind](posted.body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Invalid(f"The body is not what it says it is ({kind}, in UTF-8).") from None


def _form(text: str) -> Mapping[str, Any]:
    """A form's fields; those that are there several times are lists."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=1000):
        name = name.removesuffix("[]")
        found[name] = [*_several(found[name]), value] if name in found else value
    return found


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


_READERS: dict[str, Callable[[str], Any]] = {
    "application/json": json.loads,
    "application/x-www-form-urlencoded": _form,
}
