"""The dispatches that still have something to send."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session

from app.sending import hours
from app.sending.models import Delivery, Dispatch, StreamPause
from app.sending.models.dispatch import CAMPAIGN
from app.workspaces.models import Workspace

OPEN = ("queued", "claimed", "begun")


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
    in_time = or_(Dispatch.not_later_than.is_(None), Dispatch.not_later_than > now)
    due = exists().where(
        Delivery.dispatch_id == Dispatch.id, Delivery.state == "queued", Delivery.due_at <= now
    )
    rows = session.execute(
        READ.where(Dispatch.finished_at.is_(None), Dispatch.hold == "", Dispatch.ready_at <= now)
        .where(Dispatch.kind == CAMPAIGN, due, in_time, ~is_stream_paused())
        .order_by(Dispatch.id)
    )
    found = [OpenDispatch(*tuple(row)) for row in rows]
    return [one for one in found if hours.is_open(one.sending_window, one.zone, now)]


def is_stream_paused() -> ColumnElement[bool]:
    """SQL: the stream of a dispatch is paused in its workspace."""
    return exists().where(
        StreamPause.workspace_id == Dispatch.workspace_id, StreamPause.stream == Dispatch.stream
    )


def is_any_done(session: Session, now: datetime) -> bool:
    """Whether ``close_finished`` would find something to do."""
    still = exists().where(
        Delivery.dispatch_id == Dispatch.id,
        Delivery.state.in_(OPEN),
        (Dispatch.hold != "cancelled") | (Delivery.state != "queued"),
    )
    done = select(Dispatch.id).where(
        Dispatch.finished_at.is_(None), Dispatch.ready_at <= now, ~still
    )
    return session.execute(done.limit(1)).first() is not None


def close_finished(session: Session, now: datetime) -> None:
    """Marks dispatches in which no delivery is open any more.

    What came back to the queue of a cancelled one after it was cancelled is ended first.
    """
    cancelled = select(Dispatch.id).where(
        Dispatch.finished_at.is_(None), Dispatch.hold == "cancelled"
    )
    session.execute(
        update(Delivery)
        .where(Delivery.dispatch_id.in_(cancelled), Delivery.state == "queued")
        .values(state="cancelled", finished_at=now)
        .execution_options(synchronize_session=False)
    )
    still = exists().where(Delivery.dispatch_id == Dispatch.id, Delivery.state.in_(OPEN))
    session.execute(
        update(Dispatch)
        .where(Dispatch.finished_at.is_(None), Dispatch.ready_at <= now, ~still)
        .values(finished_at=now)
        .execution_options(synchronize_session=False)
    )
