"""Addresses of programs that are told of alerts, each with a secret of its own."""

import secrets
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app import db
from app.alerts.models import AlertEndpoint, AlertNotice
from app.db import Page
from app.errors import Conflict, Invalid
from app.vault import Vault

#: So many are enough for one workspace.
_MOST = 20


def listed(
    session: Session, workspace_id: UUID, *, number: int = 1, per_page: int = 50
) -> Page[AlertEndpoint]:
    """All of a workspace, oldest first."""
    mine = AlertEndpoint.workspace_id == workspace_id
    query = select(AlertEndpoint).where(mine).order_by(AlertEndpoint.id)
    return db.page(session, query, page=number, per_page=per_page)


def get(session: Session, workspace_id: UUID, endpoint_id: UUID) -> AlertEndpoint:
    """One endpoint. Raises NotFound."""
    return db.of_workspace(session, AlertEndpoint, workspace_id, endpoint_id, "endpoint for alerts")


def create(
    session: Session, workspace_id: UUID, values: dict[str, Any], *, vault: Vault, now: datetime
) -> tuple[AlertEndpoint, str]:
    """An endpoint and its secret, which is never shown again. Raises Invalid, Conflict."""
    _check(values["url"])
    if listed(session, workspace_id, per_page=1).total >= _MOST:
        raise Conflict(f"There are {_MOST} endpoints already: remove one that is not needed.")
    secret = _secret()
    made = AlertEndpoint(
        workspace_id=workspace_id,
        url=values["url"],
        kinds=values.get("kinds", []),
        enabled=values.get("enabled", True),
        secret=vault.close(secret),
        created_at=now,
        updated_at=now,
    )
    session.add(made)
    session.flush()
    return made, secret


def change(
    session: Session,
    workspace_id: UUID,
    endpoint_id: UUID,
    values: dict[str, Any],
    *,
    now: datetime,
) -> AlertEndpoint:
    """Changes ``url``, ``kinds``, ``enabled``. Raises NotFound, Invalid."""
    found = get(session, workspace_id, endpoint_id)
    if "url" in values:
        _check(values["url"])
    for name, value in values.items():
        setattr(found, name, value)
    found.updated_at = now
    session.flush()
    return found


def renew_secret(
    session: Session, workspace_id: UUID, endpoint_id: UUID, *, vault: Vault, now: datetime
) -> tuple[AlertEndpoint, str]:
    """Another secret, from now on; the old one signs nothing more. Raises NotFound."""
    found = get(session, workspace_id, endpoint_id)
    secret = _secret()
    found.secret, found.updated_at = vault.close(secret), now
    session.flush()
    return found, secret


def remove(session: Session, workspace_id: UUID, endpoint_id: UUID) -> None:
    """Forgets it and what was told to it. Raises NotFound."""
    found = get(session, workspace_id, endpoint_id)
    session.execute(delete(AlertNotice).where(AlertNotice.endpoint_id == endpoint_id))
    session.delete(found)
    session.flush()


def note(session: Session, endpoint_id: UUID, words: str, now: datetime) -> None:
    """What it answered last."""
    session.execute(
        update(AlertEndpoint)
        .where(AlertEndpoint.id == endpoint_id)
        .values(last_words=words[:500], last_at=now)
    )


def _secret() -> str:
    return f"pfs_{secrets.token_urlsafe(32)}"


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isprintable() or " " in url:
        raise Invalid.at("url", "Must be an address such as https://example.com/alerts.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Invalid.at("url", "Must hold no user name, no password and no #fragment.")
