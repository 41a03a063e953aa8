"""What became of messages: each with every attempt, and what happens next."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.db import Page
from app.errors import NotFound
from app.messages import waiting
from app.rules import email_address
from app.sending.ledger.balance import spoken_state
from app.sending.models import Content, Delivery, Dispatch
from app.sending.models.delivery import NOBODY
from app.sending.models.dispatch import MESSAGE
from app.sending.senders import valve
from app.sending.traces import attempts
from app.sending.traces.attempts import Tried


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message. ``next_at``: when it is looked at next, None when nothing more happens by
    itself; ``next`` says in words what happens then.
    """

    id: UUID
    to: str
    contact_id: UUID | None
    subject: str
    state: str
    reason: str
    stream: str
    relay_id: UUID | None
    from_email: str
    created_at: datetime
    send_at: datetime
    finished_at: datetime | None
    next: str
    next_at: datetime | None
    attempts: Sequence[Tried] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages: None means any."""

    state: str | None = None
    to: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def get(session: Session, workspace_id: UUID, message_id: UUID, *, now: datetime) -> MessageView:
    """One message with its trace. Raises NotFound."""
    row = session.execute(_messages(workspace_id, now).where(Dispatch.id == message_id)).first()
    if row is None:
        raise NotFound("There is no such message.")
    tries = attempts.of(session, [row.Delivery.id])[row.Delivery.id]
    view = _view(row, now, held := valve.why_held(session), tries)
    if held or view.state != "queued" or view.next_at is None or view.next_at > now:
        return view
    waits = waiting.of(session, row.Dispatch, row.Delivery, now=now)
    return replace(view, next=f"waits: {waits.why}", next_at=waits.until) if waits.why else view


def listed(
    session: Session,
    workspace_id: UUID,
    wanted: Wanted,
    *,
    number: int = 1,
    per_page: int = 50,
    now: datetime,
) -> Page[MessageView]:
    """Messages without their attempts, newest first."""
    query = _messages(workspace_id, now)
    if wanted.state is not None:
        query = query.where(spoken_state(now) == wanted.state)
    if wanted.to is not None:
        parsed = email_address.parse(wanted.to)
        query = query.where(Delivery.address == (parsed.address if parsed else wanted.to))
    if wanted.since is not None:
        query = query.where(Dispatch.created_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(Dispatch.created_at < wanted.until)
    counted = query.with_only_columns(Dispatch.id).order_by(None).subquery()
    total = session.scalar(select(func.count()).select_from(counted)) or 0
    part = query.order_by(Dispatch.id.desc()).limit(per_page).offset((number - 1) * per_page)
    held = valve.why_held(session)
    return Page([_view(row, now, held) for row in session.execute(part)], total, number, per_page)


def _messages(workspace_id: UUID, now: datetime) -> Select[Any]:
    query: Any = (
        select(Dispatch, Delivery, Content.subject, spoken_state(now).label("spoken"))
        .join(Delivery, Delivery.dispatch_id == Dispatch.id)
        .join(Content, Content.id == Dispatch.content_id)
        .where(Dispatch.workspace_id == workspace_id, Dispatch.kind == MESSAGE)
    )
    found: Select[Any] = query
    return found


def _view(row: Any, now: datetime, held: str, tries: Sequence[Tried] = ()) -> MessageView:
    dispatch, delivery = row.Dispatch, row.Delivery
    next_, next_at = _next(row.spoken, dispatch, delivery, held, now)
    return MessageView(
        dispatch.id,
        delivery.email,
        delivery.contact_id if delivery.contact_id != NOBODY else None,
        row.subject,
        row.spoken,
        delivery.reason,
        dispatch.stream,
        dispatch.relay_id,
        dispatch.from_email,
        dispatch.created_at,
        dispatch.ready_at,
        delivery.finished_at,
        next_,
        next_at,
        tries,
    )


def _next(
    state: str, dispatch: Dispatch, delivery: Delivery, held: str, now: datetime
) -> tuple[str, datetime | None]:
    match state:
        case "queued" | "deferred" if held:
            return f"waits until the operator lets sending go on (GET /sending): {held}", None
        case "queued" if dispatch.ready_at > now:
            return "waits for the moment it was scheduled for", dispatch.ready_at
        case "queued" if delivery.tries:
            return "is tried again as soon as a relay may be asked", delivery.due_at
        case "queued":
            return "is sent as soon as a relay may be asked", delivery.due_at
        case "deferred":
            return "is tried again, because it was put off", delivery.due_at
        case "sending":
            return "is on its way; the relay's answer is waited for", None
        case "unknown":
            return "waits for a person, or for an event that tells whether it went", None
        case _:
            return "", None
