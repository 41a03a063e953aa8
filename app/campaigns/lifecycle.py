"""The life of a campaign: draft, scheduled, sending, paused, sent, cancelled."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns import edit, lateness, launching
from app.campaigns.models import Campaign
from app.errors import Conflict, Invalid, Problem
from app.runtime import Runtime
from app.sending import ledger
from app.sending.models import Dispatch
from app.sending.senders import valve

_PAST = timedelta(minutes=5)


def launch(
    session: Session,
    workspace_id: UUID,
    campaign_id: UUID,
    *,
    base_url: str,
    at: datetime | None = None,
    now: datetime,
) -> Campaign:
    """Sends a draft now, or writes down that it goes out ``at``. Raises Invalid, Conflict.

    The whole launch is the caller's one transaction: a second one finds it launched.
    """
    campaign = edit.get(session, workspace_id, campaign_id, lock=True)
    _require(campaign, ("draft",), "launched")
    if at is not None and at < now - _PAST:
        raise Invalid("at: This moment is over.", {"at": ["This moment is over."]})
    launching.check(session, campaign, base_url, now)
    if at is not None and at > now:
        lateness.check(campaign, at)
        campaign.send_at = at
        return _become(session, campaign, "scheduled", now)
    launching.dispatch(session, campaign, now)
    return _become(session, campaign, "sending", now)


def unschedule(
    session: Session, workspace_id: UUID, campaign_id: UUID, *, now: datetime
) -> Campaign:
    """Makes a campaign of which nothing has gone out a draft again."""
    campaign = edit.get(session, workspace_id, campaign_id, lock=True)
    if campaign.dispatch_id is not None or campaign.status != "paused":
        _require(campaign, ("scheduled",), "unscheduled")
    campaign.send_at = None
    return _become(session, campaign, "draft", now)


def pause(session: Session, workspace_id: UUID, campaign_id: UUID, *, now: datetime) -> Campaign:
    """Holds a campaign: nothing begins after the commit."""
    campaign = edit.get(session, workspace_id, campaign_id, lock=True)
    _require(campaign, ("sending",), "paused")
    return _hold(session, campaign, "paused", "paused by hand", now)


def resume(
    session: Session, workspace_id: UUID, campaign_id: UUID, *, base_url: str, now: datetime
) -> Campaign:
    """Lets a paused campaign go on; one whose scheduled launch failed is launched now."""
    campaign = edit.get(session, workspace_id, campaign_id, lock=True)
    _require(campaign, ("paused",), "resumed")
    lateness.check(campaign, now)
    if campaign.dispatch_id is not None:
        return _hold(session, campaign, "", "", now)
    launching.check(session, campaign, base_url, now)
    launching.dispatch(session, campaign, now)
    return _become(session, campaign, "sending", now)


def cancel(session: Session, workspace_id: UUID, campaign_id: UUID, *, now: datetime) -> Campaign:
    """Ends a campaign for good: who has not been written to never will be."""
    campaign = edit.get(session, workspace_id, campaign_id, lock=True)
    _require(campaign, ("scheduled", "sending", "paused"), "cancelled")
    campaign.completed_at = now
    return _hold(session, campaign, "cancelled", "cancelled by hand", now)


def launch_due(runtime: Runtime) -> None:
    """Launches what was scheduled for now; what cannot go out is paused, with the reason.

    While all sending is held nothing is launched: in a copy it may have gone out already.
    """
    now = runtime.now()
    with runtime.database.reading() as session:
        if valve.is_closed(session):
            return
        due = session.execute(
            select(Campaign.workspace_id, Campaign.id)
            .where(Campaign.status == "scheduled", Campaign.send_at <= now)
            .order_by(Campaign.send_at, Campaign.id)
        ).all()
    for workspace_id, campaign_id in due:
        _launch_one(runtime, workspace_id, campaign_id, now)
    if due:
        runtime.poke()


def finish_done(runtime: Runtime) -> None:
    """Follows the ledger: done is sent, and what sending itself has stopped is paused; what was
    undone goes on.
    """
    now = runtime.now()
    going = (
        select(Campaign, Dispatch)
        .join(Dispatch, Dispatch.id == Campaign.dispatch_id)
        .where(
            Campaign.status.in_(("sending", "paused")) & Dispatch.finished_at.is_not(None)
            | (Campaign.status == "sending") & (Dispatch.hold == "paused")
            | (Campaign.status == "sent") & Dispatch.finished_at.is_(None)
        )
    )
    with runtime.database.reading() as session:
        if session.execute(going.limit(1)).first() is None:
            return
    with runtime.database.transaction() as session:
        for campaign, dispatch in session.execute(going.with_for_update(of=Campaign)).all():
            _follow(session, campaign, dispatch, now)


def _follow(session: Session, campaign: Campaign, dispatch: Dispatch, now: datetime) -> None:
    if dispatch.finished_at is not None:
        campaign.completed_at = dispatch.finished_at
        _become(session, campaign, "sent", now)
    elif campaign.status == "sent":
        campaign.completed_at = None
        _become(session, campaign, "sending", now)
    else:
        _become(session, campaign, "paused", now, dispatch.hold_reason)


def _launch_one(runtime: Runtime, workspace_id: UUID, campaign_id: UUID, now: datetime) -> None:
    try:
        with runtime.database.transaction() as session:
            campaign = edit.get(session, workspace_id, campaign_id, lock=True)
            if campaign.status != "scheduled":
                return
            launching.check(session, campaign, runtime.base_url, now)
            launching.dispatch(session, campaign, now)
            _become(session, campaign, "sending", now)
    except Problem as problem:
        with runtime.database.transaction() as session:
            campaign = edit.get(session, workspace_id, campaign_id, lock=True)
            if campaign.status == "scheduled":
                _become(session, campaign, "paused", now, problem.detail)


def _require(campaign: Campaign, statuses: tuple[str, ...], done: str) -> None:
    if campaign.status not in statuses:
        raise Conflict(
            f"The campaign is {campaign.status}: it can be {done} only while it is "
            f"{' or '.join(statuses)}."
        )


def _hold(session: Session, campaign: Campaign, hold: str, reason: str, now: datetime) -> Campaign:
    if campaign.dispatch_id is not None:
        ledger.hold(session, campaign.dispatch_id, hold=hold, reason=reason, now=now)
    return _become(session, campaign, hold or "sending", now, reason)


def _become(
    session: Session, campaign: Campaign, status: str, now: datetime, reason: str = ""
) -> Campaign:
    campaign.status = status
    campaign.status_reason = reason
    campaign.updated_at = now
    session.flush()
    return campaign
