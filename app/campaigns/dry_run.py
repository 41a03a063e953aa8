"""Which relay the mails of a campaign, or one that is only imagined, would take now, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns import edit, rotation, sender
from app.campaigns.models import Campaign
from app.contacts.models import Contact
from app.rules import email_address
from app.sending.letters.compose import contact_values
from app.sending.routing import explaining, firsts
from app.sending.routing.explaining import Explanation
from app.sending.routing.firsts import Words

#: Where several values may be said, and the field of rules that they are.
_SAID = (("lists", "list"), ("tags", "tag"), ("cc", "cc"), ("bcc", "bcc"), ("headers", "header"))
#: What may be said about the mail beside the campaign; it outranks what the campaign says.
FIELDS = ("relay_id", "mail_type", "stream", "from_email", "from_name")


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

    A campaign that rotates is told for the relay whose turn comes first. Of the recipient ``to``
    rules know subject and text as she reads them, her lists and her tags, unless ``values`` say
    others.
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
        personal=personal(session, campaign, values, now),
        now=now,
    )


def personal(
    session: Session, campaign: Campaign, values: Mapping[str, Any], now: datetime
) -> dict[str, Sequence[str]]:
    """What rules may know of the recipient ``to``, unless ``values`` say otherwise."""
    parsed = email_address.parse(values.get("to", ""))
    address = parsed.address if parsed else ""
    person = session.scalar(
        select(Contact).where(
            Contact.workspace_id == campaign.workspace_id, Contact.address == address
        )
    )
    told: dict[str, Sequence[str]] = dict(firsts.about(address)) if address else {}
    if person is not None:
        told |= firsts.groups_of(session, [person.id]).get(person.id, {})
    reader = contact_values(person) if person is not None else {"email": address, "fields": {}}
    told |= Words(campaign).read_by(reader, now)
    told |= {name: [values[name]] for name in ("subject", "message") if name in values}
    for given, name in _SAID:
        if given in values:
            told[name] = values[given]
    return told


def _campaign(
    session: Session, workspace_id: UUID, campaign_id: UUID | None, user_id: UUID
) -> Campaign:
    if campaign_id is not None:
        return edit.get(session, workspace_id, campaign_id)
    return edit.blank(workspace_id, user_id)
