"""API keys: make, list, revoke; the secret is shown once and never kept."""

import secrets
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import Page, of_workspace, page
from app.errors import Forbidden
from app.workspaces.access import hash_secret
from app.workspaces.models import ApiKey


def make(
    session: Session,
    workspace_id: UUID,
    *,
    user_id: UUID,
    name: str,
    scopes: Collection[str],
    maker_scopes: Collection[str] | None = None,
    now: datetime,
) -> tuple[ApiKey, str]:
    """A new key of ``user_id`` and its text ``pf_<id>_<secret>``.

    ``maker_scopes``: what its maker may do; the key can never be given more (Forbidden).
    """
    if maker_scopes is not None and (beyond := sorted(set(scopes) - set(maker_scopes))):
        raise Forbidden(f"You cannot give what you do not have: {', '.join(beyond)}.")
    secret = secrets.token_hex(24)
    key = ApiKey(
        workspace_id=workspace_id,
        user_id=user_id,
        name=name,
        secret_hash=hash_secret(secret),
        scopes=sorted(set(scopes)),
        created_at=now,
    )
    session.add(key)
    session.flush()
    return key, f"pf_{key.id.hex}_{secret}"


def listed(session: Session, workspace_id: UUID, *, number: int, per_page: int) -> Page[ApiKey]:
    """The keys of a workspace, revoked ones too, oldest first."""
    query = select(ApiKey).where(ApiKey.workspace_id == workspace_id).order_by(ApiKey.id)
    return page(session, query, page=number, per_page=per_page)


def revoke(session: Session, workspace_id: UUID, key_id: UUID, *, now: datetime) -> None:
    """Makes a key useless from now on; revoking it again changes nothing. Raises NotFound."""
    key = of_workspace(session, ApiKey, workspace_id, key_id, "API key")
    if key.revoked_at is None:
        key.revoked_at = now
        session.flush()
