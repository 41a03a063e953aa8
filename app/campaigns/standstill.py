"""When all sending is held: a person looks at what is at stake, and lets it go on."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.campaigns.models import Campaign
from app.errors import Forbidden
from app.sending import ledger
from app.sending.senders import valve
from app.workspaces.models import Member, User, Workspace

_REASON = "paused when sending was let go: look whether it went out already, then resume or cancel"


def scheduled(session: Session) -> int:
    """How many campaigns wait for their moment."""
    query = select(func.count()).select_from(Campaign).where(Campaign.status == "scheduled")
    return session.scalar(query) or 0


def go(session: Session, by: str, *, pause: bool, now: datetime) -> None:
    """Lets sending go on; with ``pause`` every campaign that is under way or scheduled is paused
    first, so that they can be looked at one by one. Raises Conflict when nothing is held.
    """
    valve.go(session, by, now)
    if not pause:
        return
    going = select(Campaign).where(Campaign.status.in_(("sending", "scheduled")))
    for campaign in session.scalars(going.order_by(Campaign.id).with_for_update()):
        if campaign.dispatch_id is not None:
            ledger.hold(session, campaign.dispatch_id, hold="paused", reason=_REASON, now=now)
        campaign.status, campaign.status_reason = "paused", _REASON
        campaign.updated_at = now


def go_as_owner(session: Session, user_id: UUID, *, pause: bool, now: datetime) -> None:
    """The same, asked for by a user. Raises Conflict when nothing is held, and Forbidden unless
    every workspace is hers: sending is held for all of them.
    """
    valve.require_closed(session)
    hers = select(Member.workspace_id).where(Member.user_id == user_id, Member.role == "owner")
    others = select(Workspace.id).where(Workspace.id.not_in(hers)).limit(1)
    if session.scalar(others) is not None:
        raise Forbidden(
            "Only who owns every workspace of this server may let sending go on: ask its operator "
            "to run 'pressferry go'."
        )
    go(session, session.get_one(User, user_id).email, pause=pause, now=now)
