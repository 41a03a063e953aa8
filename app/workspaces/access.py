"""Who asks: from the text of an API key to a principal, and back to "I was used"."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.errors import Unauthorized
from app.rules import roles
from app.workspaces.models import ApiKey, Member

#: How exact ``last_used_at`` is; every use would be a write for every read.
USE_IS_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who is known: a user in a workspace, through one key.

    ``scopes`` are those of the key that the user's role still allows. ``noted_at`` is when a use
    of the key was last written down.
    """

    key_id: UUID
    user_id: UUID
    workspace_id: UUID
    role: str
    scopes: frozenset[str]
    noted_at: datetime | None


def authenticate(session: Session, key_text: str, now: datetime) -> Principal:
    """Who holds the key ``pf_<id>_<secret>``. Raises Unauthorized."""
    key_id, secret = _parts(key_text)
    found = session.execute(
        select(ApiKey, Member.role)
        .join(
            Member,
            (Member.workspace_id == ApiKey.workspace_id) & (Member.user_id == ApiKey.user_id),
        )
        .where(ApiKey.id == key_id, or_(ApiKey.revoked_at.is_(None), ApiKey.revoked_at > now))
    ).one_or_none()
    if found is None:
        raise _unknown()
    key, role = found
    if not hmac.compare_digest(key.secret_hash, hash_secret(secret)):
        raise _unknown()
    return Principal(
        key_id=key.id,
        user_id=key.user_id,
        workspace_id=key.workspace_id,
        role=role,
        scopes=roles.scopes(role, key.scopes),
        noted_at=key.last_used_at,
    )


def is_use_worth_noting(principal: Principal, now: datetime) -> bool:
    """Whether ``last_used_at`` is old enough to be written again."""
    return principal.noted_at is None or now - principal.noted_at >= USE_IS_NOTED_EVERY


def note_use(session: Session, principal: Principal, now: datetime) -> None:
    """Writes down that the key was used just now."""
    session.execute(
        update(ApiKey)
        .where(ApiKey.id == principal.key_id, ApiKey.workspace_id == principal.workspace_id)
        .values(last_used_at=now)
    )


def hash_secret(secret: str) -> str:
    """What is kept of a key's secret. It has 192 bits of chance, so it needs no slow hash."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _parts(key_text: str) -> tuple[UUID, str]:
    prefix, _, rest = key_text.strip().partition("_")
    key_id, _, secret = rest.partition("_")
    if prefix != "pf" or len(key_id) != 32 or not secret:
        raise _unknown()
    try:
        return UUID(hex=key_id), secret
    except ValueError:
        raise _unknown() from None


def _unknown() -> Unauthorized:
    return Unauthorized("This API key is not known here: it is mistyped, revoked or of elsewhere.")
