"""Brings notices to their receivers; each is tried until it is taken, or given up after a day.

Nothing of this raises an alert, because an alert about an alert would never end; only the last mail
that a relay's hour or day allows is told of, whatever mail it is.
"""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app import __version__, http
from app.alerts import endpoints
from app.alerts.models import AlertEndpoint, AlertNotice
from app.errors import Conflict
from app.rules import network
from app.rules.health.alerting import again_at
from app.rules.signing import signature
from app.runtime import Runtime
from app.vault import Vault, speaking_of
from app.watching import mailing
from app.watching.announcing import announce
from app.watching.mailing import Brought

log = structlog.get_logger(__name__)

#: Who takes a notice has so long to bring it; then somebody else may.
_LEASE = timedelta(minutes=3)
#: The most that one turn brings.
_MOST = 20


def tell(runtime: Runtime) -> int:
    """One turn: writes notices of what is new, and brings those that are due."""
    with runtime.database.transaction() as session:
        announce(session, runtime.now())
    with runtime.database.transaction() as session:
        due = _take(session, runtime.now())
    for notice in due:
        brought = _bring(runtime, notice)
        with runtime.database.transaction() as session:
            _write(session, notice, brought, runtime.now())
    return len(due)


def _take(session: Session, now: datetime) -> list[AlertNotice]:
    """Those that are due, moved on so that no other process takes them too."""
    due = session.scalars(
        select(AlertNotice)
        .where(text("alert_notice.state = 'waiting'"), AlertNotice.due_at <= now)
        .order_by(AlertNotice.due_at, AlertNotice.id)
        .limit(_MOST)
        .with_for_update(skip_locked=True)
    ).all()
    for notice in due:
        notice.due_at = now + _LEASE
        notice.tries += 1
    session.flush()
    return list(due)


def _bring(runtime: Runtime, notice: AlertNotice) -> Brought:
    if notice.endpoint_id is None:
        return mailing.send(
            runtime, notice.workspace_id, notice.id, notice.email, json.loads(notice.body)
        )
    with runtime.database.reading() as session:
        endpoint = session.get(AlertEndpoint, notice.endpoint_id)
    if endpoint is None or not endpoint.enabled:
        return Brought(False, "the endpoint is switched off")
    answer = post(runtime, endpoint, str(notice.id), notice.body.encode())
    return Brought(answer.ok, answer.words)


def post(runtime: Runtime, endpoint: AlertEndpoint, id_: str, body: bytes) -> http.Answer:
    """Posts ``body`` to an endpoint, signed with its secret."""
    try:
        secret = _opened(runtime.vault, endpoint.secret)
    except Conflict as conflict:
        return http.Answer(None, conflict.detail)
    moment = int(runtime.now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"pressferry/{__version__}",
        "Pressferry-Notice": id_,
        "Pressferry-Signature": signature(secret, moment, body),
    }
    return http.post(
        endpoint.url,
        body,
        headers,
        allowed=lambda ip: network.may_connect(ip, allow_private=runtime.allow_private),
        plainly=lambda ip: network.may_speak_plainly(ip, allow_http=runtime.allow_http),
    )


def try_out(runtime: Runtime, workspace_id: UUID, endpoint_id: UUID, id_: UUID) -> Brought:
    """Posts a notice that is only a test, at once; says what was answered. Raises NotFound."""
    with runtime.database.reading() as session:
        endpoint = endpoints.get(session, workspace_id, endpoint_id)
    body: dict[str, Any] = {
        "id": str(id_),
        "event": "test",
        "kind": "test",
        "title": "A test",
        "sentence": "This is a test: nothing is wrong.",
        "workspace": {"id": str(workspace_id)},
    }
    answer = post(runtime, endpoint, str(id_), json.dumps(body).encode())
    with runtime.database.transaction() as session:
        endpoints.note(session, endpoint_id, answer.words, runtime.now())
    return Brought(answer.ok, answer.words)


def _write(session: Session, notice: AlertNotice, brought: Brought, now: datetime) -> None:
    again = None if brought.ok else again_at(notice.tries, notice.created_at, now)
    state = "sent" if brought.ok else "waiting" if again else "failed"
    values: dict[str, Any] = {
        "state": state,
        "words": brought.words[:500],
        "relay_id": brought.relay_id,
    }
    values |= {"sent_at": now} if brought.ok else {"due_at": again or now}
    session.execute(update(AlertNotice).where(AlertNotice.id == notice.id).values(values))
    if notice.endpoint_id is not None:
        endpoints.note(session, notice.endpoint_id, brought.words, now)
    if not brought.ok:
        log.error(
            "an alert could not be told", notice=str(notice.id), state=state, why=brought.words
        )


def _opened(vault: Vault, secret: str) -> str:
    with speaking_of("The secret of this endpoint", "make a new one"):
        return vault.open(secret)
