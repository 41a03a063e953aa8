"""Not later than: what was not sent by then is not sent by itself any more; a person decides."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.campaigns.models import Campaign
from app.errors import Invalid
from app.runtime import Runtime
from app.sending import ledger
from app.sending.models import Delivery, Dispatch


def check(campaign: Campaign, at: datetime) -> None:
    """Raises Invalid when ``at`` is too late for the campaign to go out."""
    latest = campaign.not_later_than
    if latest is not None and latest <= at:
        raise Invalid.at(
            "not_later_than",
            f"It was to go out by {_moment(latest)} at the latest: say a later moment, or null.",
        )


def follow(session: Session, campaign: Campaign) -> None:
    """What is already launched has the campaign's moment, too."""
    if campaign.dispatch_id is not None:
        dispatch = session.get_one(Dispatch, campaign.dispatch_id)
        dispatch.not_later_than = campaign.not_later_than


def pause_late(runtime: Runtime) -> None:
    """Pauses what is under way and still has somebody waiting when its moment is over."""
    now = runtime.now()
    waiting = exists().where(
        Delivery.dispatch_id == Campaign.dispatch_id, Delivery.state == "queued"
    )
    late = select(Campaign).where(
        Campaign.status == "sending", Campaign.not_later_than <= now, waiting
    )
    with runtime.database.reading() as session:
        if session.scalar(late.limit(1)) is None:
            return
    with runtime.database.transaction() as session:
        for campaign in session.scalars(late.order_by(Campaign.id).with_for_update()):
            _pause(session, campaign, now)


def _pause(session: Session, campaign: Campaign, now: datetime) -> None:
    latest = campaign.not_later_than
    assert latest is not None
    assert campaign.dispatch_id is not None
    why = f"not everybody was written to by {_moment(latest)}: send the rest later, or cancel it"
    ledger.hold(session, campaign.dispatch_id, hold="paused", reason=why, now=now)
    campaign.status, campaign.status_reason, campaign.updated_at = "paused", why, now


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")
