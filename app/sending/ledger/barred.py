"""Mails with a sender that no relay may use: a campaign is paused before all of it fails."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.rules.replies import distrust
from app.sending.guards import alarming
from app.sending.ledger import rejections
from app.sending.ledger.claim import settle
from app.sending.ledger.hold import stop
from app.sending.models import Attempt, Delivery, Dispatch
from app.sending.models.dispatch import MESSAGE

_WHY = "no relay may send with this sender"


def bar(
    session: Session,
    sender_id: UUID,
    dispatch_id: UUID,
    deliveries: Sequence[int],
    *,
    now: datetime,
) -> None:
    """Ends claimed deliveries that every relay turned away for their sender. Where that is more
    than the whim of a few servers, the campaign is paused before the others fail, too.
    """
    words = session.scalar(select(Delivery.reason).where(Delivery.id == deliveries[-1]))
    reason = f"{_WHY}: {words}"[:500]
    settle(session, sender_id, deliveries, state="failed", reason=reason, now=now)
    dispatch = session.get_one(Dispatch, dispatch_id, populate_existing=True)
    if dispatch.kind == MESSAGE or not _is_common(session, dispatch, now):
        return
    alarming.sender_refused(session, dispatch, stop(session, dispatch, reason, now), now)


def _is_common(session: Session, dispatch: Dispatch, now: datetime) -> bool:
    since = max(now - distrust.LATELY, dispatch.resumed_at or dispatch.created_at)
    turned_away = select(Attempt.id).where(
        Attempt.delivery_id == Delivery.id, Attempt.outcome == "unauthorized"
    )
    failed = rejections.ended(dispatch.id, since, "failed").where(turned_away.exists())
    refused = session.scalar(select(func.count()).select_from(failed.subquery())) or 0
    answered = rejections.answered(session, dispatch.id, since, refused)
    return distrust.is_senders_fault(refused, answered)
