"""Deliveries of which nobody knows whether they went: where they are, and a person's verdict."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, case, func, select
from sqlalchemy.orm import Session

from app.campaigns import edit
from app.campaigns.models import Campaign
from app.db import Page
from app.errors import Conflict
from app.rules import email_address
from app.sending import ledger
from app.sending.ledger import Settled
from app.sending.models import Content, Delivery, Dispatch
from app.sending.models.delivery import IN_DOUBT, NOBODY
from app.sending.models.dispatch import MESSAGE


@dataclass(frozen=True, slots=True)
class Doubt:
    """One delivery in doubt, of a campaign or a message; ``since``: when that was found out."""

    campaign_id: UUID | None
    campaign_name: str | None
    message_id: UUID | None
    subject: str
    contact_id: UUID | None
    email: str
    reason: str
    since: datetime | None


def doubts(
    session: Session, workspace_id: UUID, *, number: int = 1, per_page: int = 50
) -> Page[Doubt]:
    """Every delivery in doubt of a workspace, oldest first."""
    query = (
        select(
            Campaign.id,
            Campaign.name,
            case((Dispatch.kind == MESSAGE, Dispatch.id)),
            Content.subject,
            func.nullif(Delivery.contact_id, NOBODY, type_=Uuid()),
            Delivery.email,
            Delivery.reason,
            Delivery.finished_at,
        )
        .select_from(Delivery)
        .join(Dispatch, Dispatch.id == Delivery.dispatch_id)
        .join(Content, Content.id == Dispatch.content_id)
        .outerjoin(Campaign, Campaign.dispatch_id == Dispatch.id)
        .where(Dispatch.workspace_id == workspace_id, IN_DOUBT)
    )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.execute(
        query.order_by(Delivery.id).limit(per_page).offset((number - 1) * per_page)
    )
    return Page([Doubt(*row) for row in rows], total, number, per_page)


def settle(
    session: Session,
    workspace_id: UUID,
    campaign_id: UUID,
    *,
    went: bool,
    emails: Sequence[str] | None = None,
    now: datetime,
) -> Settled:
    """It went, or send it again: to some, or to everybody in doubt. Raises Conflict.

    A campaign that has ended goes on with what is sent again.
    """
    campaign = edit.get(session, workspace_id, campaign_id, lock=True)
    if campaign.dispatch_id is None:
        raise Conflict("The campaign was never launched: nothing of it can be in doubt.")
    if campaign.status == "cancelled" and not went:
        raise Conflict("The campaign is cancelled: nothing of it is sent again.")
    named = None if emails is None else {_address(one): one for one in emails}
    settled = ledger.settle_unknown(
        session, campaign.dispatch_id, went=went, addresses=named, now=now
    )
    if settled.settled and not went and campaign.status == "sent":
        campaign.status, campaign.status_reason, campaign.completed_at = "sending", "", None
        campaign.updated_at = now
    others = tuple(named[one] for one in settled.not_in_doubt) if named else ()
    return replace(settled, not_in_doubt=others)


def _address(email: str) -> str:
    parsed = email_address.parse(email)
    return parsed.address if parsed else email
