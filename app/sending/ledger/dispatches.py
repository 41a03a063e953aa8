"""The dispatches that still have something to send."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, exists, or_, select, update
from sqlalchemy.orm import Session

from app.db import UTCDateTime
from app.sending.models import Delivery, Dispatch, StreamPause
from app.sending.models.dispatch import CAMPAIGN
from app.sending.schedule import hours
from app.statements.ready import Asking, Ready, written
from app.workspaces.models import Workspace

OPEN = ("queued", "claimed")


@dataclass(frozen=True, slots=True)
class OpenDispatch:
    """A dispatch that may send now, with what its workspace says about failover.

    ``backup``: the only relay that may help, if one was named; ``same_from``: only relays that
    send as the same address may; ``keep_from``: those too that may send under it, and then do;
    ``into_transactional``: relays of that stream may help mails of others. ``pool``: the relays
    whose turn it is, when it rotates.
    """

    id: UUID
    workspace_id: UUID
    content_id: UUID
    pin: UUID | None
    mail_type: str
    stream: str
    user_id: UUID | None
    pool: Sequence[str]
    failover: bool
    backup: UUID | None
    same_from: bool
    keep_from: bool
    into_transactional: bool
    zone: str
    from_email: str
    from_name: str
    reply_to_email: str
    reply_to_name: str
    domain: str
    label: str
    sending_window: Mapping[str, Any] | None
    canary: Mapping[str, Any] | None


#: What OpenDispatch holds, in its order.
READ = select(
    Dispatch.id,
    Dispatch.workspace_id,
    Dispatch.content_id,
    Dispatch.relay_id,
    Dispatch.mail_type,
    Dispatch.stream,
    Dispatch.user_id,
    Dispatch.pool,
    Workspace.failover_enabled,
    Workspace.backup_relay_id,
    (Workspace.failover_from_policy == "same_from_only").label("same_from"),
    (Workspace.failover_from_policy == "keep_if_verified").label("keep_from"),
    Workspace.failover_into_transactional,
    Workspace.timezone,
    Dispatch.from_email,
    Dispatch.from_name,
    Dispatch.reply_to_email,
    Dispatch.reply_to_name,
    Dispatch.domain,
    Dispatch.label,
    Dispatch.sending_window,
    Dispatch.canary,
).join(Workspace, Workspace.id == Dispatch.workspace_id)


def open_dispatches(session: Session, now: datetime) -> Sequence[OpenDispatch]:
    """Every launch that neither is held itself nor with its stream, whose time has come and is
    not over, whose sending window is open, and that has queued deliveries due.
    """
    found = [OpenDispatch(*row) for row in _OPEN.all(session, {"now": now})]
    return [one for one in found if hours.is_open(one.sending_window, one.zone, now)]


def is_stream_paused() -> ColumnElement[bool]:
    """SQL: the stream of a dispatch is paused in its workspace."""
    return exists().where(
        StreamPause.workspace_id == Dispatch.workspace_id, StreamPause.stream == Dispatch.stream
    )


def is_any_done(session: Session, now: datetime) -> bool:
    """Whether ``close_finished`` would find something to do."""
    return _DONE.is_any(session, {"now": now})


def close_finished(session: Session, now: datetime) -> None:
    """Marks dispatches in which no delivery is open any more.

    What came back to the queue of a cancelled one after it was cancelled is ended first.
    """
    session.flush()
    _CANCEL.run(session, {"now": now})
    _CLOSE.run(session, {"now": now})


# Made once: making a statement costs more than running it, and these run with every wave.
_NOW = bindparam("now", type_=UTCDateTime())
_UNFINISHED = (Dispatch.finished_at.is_(None), Dispatch.ready_at <= _NOW)
_OPEN = Asking(
    READ.where(*_UNFINISHED, Dispatch.hold == "", Dispatch.kind == CAMPAIGN, ~is_stream_paused())
    .where(
        exists().where(
            Delivery.dispatch_id == Dispatch.id,
            Delivery.state == "queued",
            Delivery.due_at <= _NOW,
        ),
        or_(Dispatch.not_later_than.is_(None), Dispatch.not_later_than > _NOW),
    )
    .order_by(Dispatch.id)
)
_IS_OPEN = Delivery.state.in_(written(OPEN))
_STILL = exists().where(Delivery.dispatch_id == Dispatch.id, _IS_OPEN)
_STILL_TO_SEND = exists().where(
    Delivery.dispatch_id == Dispatch.id,
    _IS_OPEN,
    (Dispatch.hold != "cancelled") | (Delivery.state != "queued"),
)
_DONE = Asking(select(Dispatch.id).where(*_UNFINISHED, ~_STILL_TO_SEND).limit(1))
_CANCELLED = select(Dispatch.id).where(Dispatch.finished_at.is_(None), Dispatch.hold == "cancelled")
_CANCEL = Ready(
    update(Delivery)
    .where(Delivery.dispatch_id.in_(_CANCELLED), Delivery.state == "queued")
    .values(state="cancelled", finished_at=_NOW)
)
_CLOSE = Ready(update(Dispatch).where(*_UNFINISHED, ~_STILL).values(finished_at=_NOW))
