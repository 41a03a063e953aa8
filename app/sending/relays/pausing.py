"""Pausing a relay or a stream, and letting it go on; everything else goes its way."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.db import insert
from app.errors import NotFound
from app.rules.routing.chain import STREAMS
from app.sending.models import Relay, StreamPause
from app.sending.relays import settings

BY_HAND = "paused by hand"


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of a workspace; ``paused_at`` None: it goes."""

    stream: str
    paused_at: datetime | None
    reason: str


def pause_relay(
    session: Session, workspace_id: UUID, relay_id: UUID, *, reason: str = "", now: datetime
) -> Relay:
    """Nothing begins through the relay after the commit: it is away like one whose breaker is
    open. One that is paused already stays so, with its reason unless another is given.
    """
    relay = settings.get(session, workspace_id, relay_id, lock=True)
    if relay.paused_at is None or reason:
        relay.paused_reason = reason or BY_HAND
    relay.paused_at = relay.paused_at or now
    session.flush()
    return relay


def resume_relay(session: Session, workspace_id: UUID, relay_id: UUID) -> Relay:
    """The relay takes part again; its breaker and its limits are as they were."""
    relay = settings.get(session, workspace_id, relay_id, lock=True)
    relay.paused_at, relay.paused_reason = None, ""
    session.flush()
    return relay


def pause_stream(
    session: Session, workspace_id: UUID, name: str, *, reason: str = "", now: datetime
) -> Stream:
    """Nothing of the stream begins after the commit. Raises NotFound."""
    _hold_still(session, workspace_id, name)
    made = insert(session, StreamPause).values(
        workspace_id=workspace_id, stream=name, reason=reason or BY_HAND, since=now
    )
    keys = ["workspace_id", "stream"]
    changed = made.on_conflict_do_update(index_elements=keys, set_={"reason": reason})
    session.execute(changed if reason else made.on_conflict_do_nothing())
    return stream(session, workspace_id, name)


def resume_stream(session: Session, workspace_id: UUID, name: str) -> Stream:
    """The stream goes on. Raises NotFound."""
    _hold_still(session, workspace_id, name)
    session.execute(
        delete(StreamPause).where(
            StreamPause.workspace_id == workspace_id, StreamPause.stream == name
        )
    )
    return stream(session, workspace_id, name)


def streams(session: Session, workspace_id: UUID) -> list[Stream]:
    """Every stream, paused or not."""
    rows = session.scalars(select(StreamPause).where(StreamPause.workspace_id == workspace_id))
    paused = {row.stream: row for row in rows}
    return [
        Stream(one, paused[one].since, paused[one].reason)
        if one in paused
        else Stream(one, None, "")
        for one in STREAMS
    ]


def stream(session: Session, workspace_id: UUID, name: str) -> Stream:
    """One stream."""
    return next(one for one in streams(session, workspace_id) if one.stream == name)


def _hold_still(session: Session, workspace_id: UUID, name: str) -> None:
    """Whoever begins shares the workspace's row: it is done before, or sees what is written."""
    if name not in STREAMS:
        raise NotFound(f"There is no such stream: there are {', '.join(STREAMS)}.")
    settings.lock_workspace(session, workspace_id)
