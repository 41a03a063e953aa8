"""The same request twice is one request: an ``Idempotency-Key`` remembers what came of it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import ids
from app.db import insert
from app.errors import Conflict
from app.messages.models import AskedOnce
from app.runtime import Runtime

#: How long a key is remembered.
KEPT = timedelta(hours=48)


def fingerprint(values: Mapping[str, Any]) -> str:
    """The same for the same request, however its JSON was written."""
    text = json.dumps(values, sort_keys=True, default=str, ensure_ascii=True)
    return sha256(text.encode()).hexdigest()


def answered(
    session: Session, workspace_id: UUID, key: str, asked: str, *, now: datetime
) -> list[UUID] | None:
    """The messages that came of this request before; None the first time, and then the key is
    taken: whoever asks with it at the same moment waits for our commit.

    Raises Conflict when something else was asked with this key.
    """
    row = {
        "id": ids.new_id(),
        "workspace_id": workspace_id,
        "key": key,
        "fingerprint": asked,
        "messages": [],
        "created_at": now,
    }
    taken = session.execute(
        insert(session, AskedOnce)
        .values(row)
        .on_conflict_do_nothing(index_elements=["workspace_id", "key"])
        .returning(AskedOnce.id)
    )
    if taken.first() is not None:
        return None
    before = session.scalars(_row(workspace_id, key)).one()
    if before.fingerprint != asked:
        raise Conflict("Something else was asked with this Idempotency-Key: take another one.")
    return [UUID(one) for one in before.messages]


def remember(session: Session, workspace_id: UUID, key: str, messages: Sequence[UUID]) -> None:
    """What came of a request whose key was taken just now."""
    row = session.scalars(_row(workspace_id, key)).one()
    row.messages = [str(one) for one in messages]


def forget_old(runtime: Runtime) -> None:
    """Lets go of keys that were remembered long enough."""
    before = runtime.now() - KEPT
    with runtime.database.transaction() as session:
        session.execute(delete(AskedOnce).where(AskedOnce.created_at < before))


def _row(workspace_id: UUID, key: str) -> Any:
    return select(AskedOnce).where(AskedOnce.workspace_id == workspace_id, AskedOnce.key == key)
