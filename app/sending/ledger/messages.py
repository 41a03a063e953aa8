"""Messages that are due, taken for one sender: as many as there are in a few statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, literal_column, select, update
from sqlalchemy.orm import Session

from app.db import UTCDateTime
from app.sending.ledger.claim import Claimed, turned_away
from app.sending.ledger.dispatches import READ, OpenDispatch, is_stream_paused
from app.sending.models import Content, Delivery, Dispatch
from app.sending.models.dispatch import MESSAGE
from app.statements.ready import Asking

#: Bytes of mails that are held in memory by one turn; what is beyond waits for the next one.
_MOST_BYTES = 32_000_000

#: As long as messages were handed in within this time, some of the limits is kept for them.
LATELY = timedelta(days=7)

#: What makes routing treat two messages alike, unless rules look at more.
_ALIKE = (
    Dispatch.workspace_id,
    Dispatch.relay_id,
    Dispatch.mail_type,
    Dispatch.stream,
    Dispatch.user_id,
    Dispatch.from_email,
)


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """A claimed message with its own dispatch, and the finished mail."""

    claimed: Claimed
    dispatch: OpenDispatch
    subject: str
    mail: bytes


def open_messages(session: Session, now: datetime) -> Sequence[OpenDispatch]:
    """One for each group of due messages that routing treats alike."""
    return [OpenDispatch(*row) for row in _GROUPS.all(session, {"now": now})]


def is_any_message_due(session: Session, now: datetime) -> bool:
    """Whether ``open_messages`` would find something."""
    return _ANY.is_any(session, {"now": now})


def has_messages(session: Session, workspace_id: UUID, now: datetime) -> bool:
    """Whether messages were handed in in this workspace lately."""
    latest = _LATEST.all(session, {"workspace": workspace_id})
    return bool(latest) and latest[0][0] > now - LATELY


def claim_messages(
    session: Session,
    sender_id: UUID,
    alike: OpenDispatch,
    *,
    fresh: int,
    tried: int,
    now: datetime,
) -> list[HeldMessage]:
    """Up to ``fresh`` due messages of this group never tried before and ``tried`` others, the
    oldest due first; no more than may be in memory at once.
    """
    values = (alike.workspace_id, alike.pin, alike.mail_type, alike.stream, alike.user_id)
    pairs = zip(_ALIKE, (*values, alike.from_email), strict=True)
    group = and_(*(column.is_not_distinct_from(value) for column, value in pairs))
    rows = _take(session, sender_id, group & (Delivery.tries > 0), tried, now)
    rows += _take(session, sender_id, group & (Delivery.tries == 0), fresh, now)
    if not rows:
        return []
    away = turned_away(session, [row.id for row in rows if row.tries])
    dispatches = _dispatches(session, [row.dispatch_id for row in rows])
    mails = _mails(session, {one.content_id for one in dispatches.values()})
    held = []
    for row in sorted(rows, key=lambda row: row.id):
        dispatch = dispatches[row.dispatch_id]
        given = row._asdict()
        del given["dispatch_id"]
        claimed = Claimed(**given, tried=away.get((row.id, row.round), {}))
        held.append(HeldMessage(claimed, dispatch, *mails[dispatch.content_id]))
    return held


def _take(
    session: Session, sender_id: UUID, which: ColumnElement[bool], most: int, now: datetime
) -> list[Any]:
    """Marks rows as claimed; gives back what Claimed begins with, and their dispatch."""
    mine = _fitting(session, which, most, now) if most > 0 else []
    if not mine:
        return []
    taken = session.execute(
        update(Delivery)
        .where(Delivery.id.in_(mine))
        .values(state="claimed", sender_id=sender_id)
        .returning(
            Delivery.id,
            Delivery.contact_id,
            Delivery.email,
            Delivery.address,
            Delivery.tries,
            Delivery.round,
            Delivery.relay_id.label("stay"),
            Delivery.dispatch_id,
        )
        .execution_options(synchronize_session=False)
    )
    return list(taken)


def _fitting(session: Session, which: ColumnElement[bool], most: int, now: datetime) -> list[int]:
    """The deliveries that are due, as many as may be in memory at once."""
    candidates = (
        _DUE.with_only_columns(Delivery.id, func.length(Content.finished))
        .join(Content, Content.id == Dispatch.content_id)
        .where(which)
        .order_by(Delivery.due_at, Delivery.id)
        .limit(most)
        .with_for_update(of=Delivery, skip_locked=True)
    )
    mine: list[int] = []
    bytes_ = 0
    for delivery_id, size in session.execute(candidates, {"now": now}):
        bytes_ += size
        if mine and bytes_ > _MOST_BYTES:
            break
        mine.append(delivery_id)
    return mine


_NOW = bindparam("now", type_=UTCDateTime())
_DUE: Select[Any] = (
    select()
    .select_from(Dispatch)
    .join(Delivery, Delivery.dispatch_id == Dispatch.id)
    .where(
        Dispatch.kind == MESSAGE,
        Dispatch.finished_at.is_(None),
        Dispatch.hold == "",
        Dispatch.ready_at <= _NOW,
        ~is_stream_paused(),
        Delivery.state == "queued",
        Delivery.due_at <= _NOW,
    )
)
_ANY = Asking(_DUE.with_only_columns(Dispatch.id).limit(1))
_GROUP = _DUE.with_only_columns(*_ALIKE).distinct().subquery()
_FIRST = (
    _DUE.with_only_columns(Dispatch.id)
    .where(*(column.is_not_distinct_from(_GROUP.c[column.key]) for column in _ALIKE))
    .order_by(Dispatch.id)
    .limit(1)
    .correlate(_GROUP)
    .scalar_subquery()
)
_GROUPS = Asking(
    READ.where(Dispatch.id.in_(select(_FIRST).select_from(_GROUP))).order_by(Dispatch.id)
)
_LATEST = Asking(
    select(Dispatch.created_at)
    .where(
        Dispatch.workspace_id == bindparam("workspace"),
        Dispatch.kind == literal_column("'message'"),
    )
    .order_by(Dispatch.id.desc())
    .limit(1)
)


def _dispatches(session: Session, wanted: Sequence[UUID]) -> dict[UUID, OpenDispatch]:
    rows = session.execute(READ.where(Dispatch.id.in_(wanted)))
    return {row.id: OpenDispatch(*tuple(row)) for row in rows}


def _mails(session: Session, wanted: set[UUID]) -> dict[UUID, tuple[str, bytes]]:
    rows = session.execute(
        select(Content.id, Content.subject, Content.finished).where(Content.id.in_(wanted))
    )
    return {key: (subject, mail or b"") for key, subject, mail in rows}
