"""Which relay the mails of a campaign, or one that is only imagined, would take now, and why."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.campaigns import edit, rotation, sender
from app.campaigns.models import Campaign
from app.sending import explaining
from app.sending.explaining import Explanation

#: What may be said about the mail beside the campaign; it outranks what the campaign says.
FIELDS = ("relay_id", "mail_type", "stream", "from_email")


def explain(
    session: Session,
    workspace_id: UUID,
    values: Mapping[str, Any],
    *,
    user_id: UUID,
    now: datetime,
) -> Explanation:
    """Routing for the campaign ``campaign_id``, or for a mail of ``user_id``, with what else
    ``values`` say of FIELDS. Sends nothing. Raises NotFound.

    A campaign that rotates is told for the relay whose turn comes first.
    """
    campaign = _campaign(session, workspace_id, values.get("campaign_id"), user_id)
    said = {
        ("pin" if name == "relay_id" else name): values[name] for name in set(FIELDS) & set(values)
    }
    turns = rotation.turns(campaign)
    mail = replace(sender.mail_of(session, campaign), pin=campaign.relay_id)
    return explaining.explain(
        session,
        workspace_id,
        replace(mail, **said),
        zone=mail.zone,
        share=turns[0] if turns else None,
        now=now,
    )


def _campaign(
    session: Session, workspace_id: UUID, campaign_id: UUID | None, user_id: UUID
) -> Campaign:
    if campaign_id is not None:
        return edit.get(session, workspace_id, campaign_id)
    return Campaign(
        workspace_id=workspace_id,
        created_by=user_id,
        mail_type="newsletter",
        stream="marketing",
        from_email="",
        pool=[],
    )
