"""Why no relay would take a campaign's next mail: routing, asked as the sender asks it."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.campaigns import edit, rotation, sender
from app.campaigns.models import Campaign
from app.sending import ledger
from app.sending.models import Delivery
from app.sending.relays import pausing
from app.sending.routing import explaining


@dataclass(frozen=True, slots=True)
class Waits:
    """``until`` None: until a person does something."""

    why: str
    until: datetime | None


def of(session: Session, workspace_id: UUID, campaign_id: UUID, *, now: datetime) -> Waits | None:
    """For what a campaign that is being sent waits; None where nothing is left, or some relay would
    take its next mail, by what is true of all its mails. Raises NotFound.
    """
    campaign = edit.get(session, workspace_id, campaign_id)
    left = exists().where(Delivery.dispatch_id == campaign.dispatch_id, Delivery.state == "queued")
    if campaign.status != "sending" or not session.scalar(select(left)):
        return None
    stream = pausing.stream(session, workspace_id, campaign.stream)
    if stream.paused_at is not None:
        said = f": {stream.reason}" if stream.reason else ""
        return Waits(f"the {campaign.stream} stream is paused{said}", None)
    return _for_a_relay(session, campaign, now)


def _for_a_relay(session: Session, campaign: Campaign, now: datetime) -> Waits | None:
    workspace_id = campaign.workspace_id
    mail, kept = sender.mail_of(session, campaign), ledger.has_messages(session, workspace_id, now)
    waits: list[Waits] = []
    for share in dict.fromkeys(rotation.turns(campaign)) or (None,):
        found = explaining.explain(
            session,
            workspace_id,
            replace(mail, pin=campaign.relay_id),
            zone=mail.zone,
            share=share,
            kept=kept,
            now=now,
        )
        if found.decision == "send":
            return None
        waits.append(Waits(found.why, found.until))
    return min(waits, key=lambda one: (one.until is None, one.until or now))
