"""What can be seen of a campaign: its balance, its deliveries, and how its mail looks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns import audience, edit
from app.contacts import find as contacts
from app.contacts.models import Contact
from app.errors import Invalid
from app.rules.templates.template import TemplateError
from app.sending import ledger
from app.sending.ledger.balance import STATES
from app.sending.letters.compose import CannotCompose, Composer, Rendered, contact_values
from app.sending.traces import find
from app.sending.traces.find import Deliveries

#: Leads nowhere, so that looking at a mail never unsubscribes anybody.
_SAMPLE_LINK = "https://unsubscribe.invalid/only-in-sent-mail"


def balance(
    session: Session, workspace_id: UUID, campaign_id: UUID, *, now: datetime
) -> tuple[int, dict[str, int]]:
    """The size of the audience and how many of it are in each state; the sum is the audience.

    Before the launch nobody is in any state, and the audience is 0.
    """
    campaign = edit.get(session, workspace_id, campaign_id)
    if campaign.dispatch_id is None:
        return 0, dict.fromkeys(STATES, 0)
    states = ledger.balance(session, campaign.dispatch_id, now)
    return sum(states.values()), states


def deliveries(
    session: Session,
    workspace_id: UUID,
    campaign_id: UUID,
    *,
    state: str | None = None,
    email: str | None = None,
    number: int = 1,
    per_page: int = 50,
    now: datetime,
) -> Deliveries:
    """Who is in which state, with every attempt; nothing before the launch."""
    campaign = edit.get(session, workspace_id, campaign_id)
    if campaign.dispatch_id is None:
        return Deliveries([], 0)
    return find.deliveries(
        session,
        campaign.dispatch_id,
        now=now,
        state=state,
        email=email,
        page=number,
        per_page=per_page,
    )


def audience_size(session: Session, workspace_id: UUID, campaign_id: UUID) -> int:
    """How many people it would go to if it were launched now."""
    campaign = edit.get(session, workspace_id, campaign_id)
    return audience.count(session, workspace_id, campaign.audience) if campaign.audience else 0


def preview(
    session: Session,
    workspace_id: UUID,
    campaign_id: UUID,
    *,
    contact_id: UUID | None = None,
    now: datetime,
) -> Rendered:
    """The mail as one contact would get it, with a link that does nothing. Raises Invalid.

    Without ``contact_id``: the first of the audience; where there is none, a stranger.
    """
    campaign = edit.get(session, workspace_id, campaign_id)
    if contact_id is not None:
        reader: Contact | None = contacts.get(session, workspace_id, contact_id)
    else:
        reader = _first(session, workspace_id, campaign.audience)
    try:
        composer = Composer(campaign.subject, campaign.preheader, campaign.html, campaign.text)
        return composer.render(_values(reader), _SAMPLE_LINK, now)
    except (CannotCompose, TemplateError) as error:
        raise Invalid(str(error)) from error


def _first(session: Session, workspace_id: UUID, chosen: Mapping[str, Any]) -> Contact | None:
    if not chosen:
        return None
    people = audience.people(workspace_id, chosen).order_by(Contact.id).limit(1).subquery()
    return session.scalar(select(Contact).where(Contact.id.in_(select(people.c.id))))


def _values(reader: Contact | None) -> dict[str, Any]:
    if reader is None:
        return {"email": "somebody@example.com", "fields": {}}
    return contact_values(reader)
