"""A draft becomes a dispatch: everything is checked, the words are frozen, people are queued."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns import audience, edit, sender
from app.campaigns.models import Campaign
from app.errors import Invalid
from app.rules import email_address, links, message
from app.sending import ledger
from app.sending.models import Content, Dispatch, Relay


def check(session: Session, campaign: Campaign, base_url: str) -> None:
    """Raises Invalid, which says what is missing, when the campaign cannot go out as it is."""
    _require(campaign.subject, "subject", "The subject is empty: say what the mail is about.")
    _require(
        campaign.html + campaign.text, "html", "There is nothing to send: give html, text or both."
    )
    edit.check_content(campaign)
    sender.follow_pin(session, campaign)
    _from_domain(session, campaign)
    _require(campaign.audience, "audience", "Nobody was chosen to send to: give an audience first.")
    audience.checked(session, campaign.workspace_id, campaign.audience)
    if not audience.count(session, campaign.workspace_id, campaign.audience):
        raise _missing("audience", "Nobody in this audience is active: it would go to no one.")
    if not links.is_fit_for_mail(base_url):
        raise Invalid(
            f"Unsubscribe links must be on https, but this server is known as {base_url}: set "
            "PRESSFERRY__BASE_URL to the https address under which recipients reach it."
        )


def dispatch(session: Session, campaign: Campaign, now: datetime) -> None:
    """Freezes the content and queues the audience, all in the caller's transaction."""
    content = Content(
        workspace_id=campaign.workspace_id,
        subject=campaign.subject,
        preheader=campaign.preheader,
        html=campaign.html,
        text=message.text_of(campaign.html, campaign.text),
        created_at=now,
    )
    session.add(content)
    session.flush()
    made = Dispatch(
        workspace_id=campaign.workspace_id,
        content_id=content.id,
        label=campaign.name,
        relay_id=campaign.relay_id,
        promise=campaign.promise,
        domain=_from_domain(session, campaign),
        ready_at=now,
        created_at=now,
        **sender.values_of(campaign),
    )
    session.add(made)
    session.flush()
    chosen = audience.people(campaign.workspace_id, campaign.audience)
    if not ledger.enqueue(session, dispatch_id=made.id, contacts=chosen, due_at=now):
        raise _missing("audience", "Nobody in this audience is active: it would go to no one.")
    campaign.dispatch_id = made.id
    campaign.launched_at = now


def _from_domain(session: Session, campaign: Campaign) -> str:
    """The domain of From: the campaign's own, the pin's, or the default relay's."""
    from_email = campaign.from_email
    relays = session.scalars(
        select(Relay).where(Relay.workspace_id == campaign.workspace_id, Relay.enabled.is_(True))
    ).all()
    if not relays:
        raise _missing("relay_id", "There is no enabled relay to send through: add one first.")
    if campaign.relay_id is None:
        default = next((relay for relay in relays if relay.is_default), None)
        if default is None:
            raise _missing("relay_id", "The default relay is disabled: choose a relay.")
        from_email = from_email or default.from_email
    parsed = email_address.parse(from_email)
    if parsed is None:
        raise _missing("from_email", "There is no address to send from: set from_email.")
    return parsed.domain


def _require(value: object, place: str, sentence: str) -> None:
    if not (value.strip() if isinstance(value, str) else value):
        raise _missing(place, sentence)


def _missing(place: str, sentence: str) -> Invalid:
    return Invalid(f"{place}: {sentence}", {place: [sentence]})
