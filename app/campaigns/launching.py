"""A draft becomes a dispatch: everything is checked, the words are frozen, people are queued."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.campaigns import audience, edit, lateness, pace, rotation, sender
from app.campaigns.models import Campaign
from app.errors import Invalid
from app.rules import email_address
from app.rules.mail import links, message
from app.sending import ledger
from app.sending.guards import canaries
from app.sending.models import Content, Dispatch
from app.sending.routing import fleet


def check(session: Session, campaign: Campaign, base_url: str, now: datetime) -> None:
    """Raises Invalid, which says what is missing, when the campaign cannot go out as it is."""
    _require(campaign.subject, "subject", "The subject is empty: say what the mail is about.")
    _require(
        campaign.html + campaign.text, "html", "There is nothing to send: give html, text or both."
    )
    edit.check_content(campaign)
    lateness.check(campaign, now)
    sender.follow_pin(session, campaign)
    _from_domain(session, campaign, now)
    _require(campaign.audience, "audience", "Nobody was chosen to send to: give an audience first.")
    audience.checked(session, campaign.workspace_id, campaign.audience)
    pace.check(session, campaign, now)
    if not audience.count(session, campaign.workspace_id, campaign.audience):
        raise Invalid.at("audience", "Nobody in this audience is active: it would go to no one.")
    if not links.is_fit_for_mail(base_url):
        raise Invalid(
            f"Unsubscribe links must be on https, but this server is known as {base_url}: set "
            "PRESSFERRY__BASE_URL to the https address under which recipients reach it."
        )


def dispatch(session: Session, campaign: Campaign, now: datetime) -> None:
    """Freezes the content and queues the audience, all in the caller's transaction."""
    made = Dispatch(
        workspace_id=campaign.workspace_id,
        content_id=_frozen(session, campaign, now).id,
        label=campaign.name,
        relay_id=campaign.relay_id,
        mail_type=campaign.mail_type,
        stream=campaign.stream,
        user_id=campaign.created_by,
        pool=[one["relay_id"] for one in campaign.pool],
        promise=campaign.promise,
        sending_window=campaign.sending_window,
        domain=_from_domain(session, campaign, now),
        ready_at=now,
        not_later_than=campaign.not_later_than,
        created_at=now,
        **sender.values_of(campaign),
    )
    session.add(made)
    session.flush()
    if not _queue(session, campaign, made, now):
        raise Invalid.at("audience", "Nobody in this audience is active: it would go to no one.")
    campaign.dispatch_id = made.id
    campaign.launched_at = now


def _queue(session: Session, campaign: Campaign, made: Dispatch, now: datetime) -> int:
    due = pace.due(session, campaign, now)
    try:
        audience_size = ledger.enqueue(
            session,
            dispatch_id=made.id,
            contacts=audience.people(campaign.workspace_id, campaign.audience),
            due_at=now,
            turns=rotation.turns(campaign),
            due=due,
        )
    except ValueError as error:
        raise pace.unfit(error) from error
    if due.canary is not None:
        made.canary = canaries.begun(campaign.canary or {}, due, audience_size)
    return audience_size


def _frozen(session: Session, campaign: Campaign, now: datetime) -> Content:
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
    return content


def _from_domain(session: Session, campaign: Campaign, now: datetime) -> str:
    """The domain of From: the campaign's own, or that of the relay it will be sent through."""
    mail = sender.mail_of(session, campaign)
    ships = fleet.gather(session, campaign.workspace_id, mail.zone, lambda _: 1, now=now)
    if not any(relay.enabled for relay in ships.relays.values()):
        raise Invalid.at("relay_id", "There is no enabled relay to send through: add one first.")
    chosen, _ = ships.primary(mail)
    relay = ships.relays.get(chosen) if chosen else None
    if relay is None or not relay.enabled:
        raise Invalid.at("relay_id", "The default relay is disabled: choose a relay.")
    parsed = email_address.parse(campaign.from_email or relay.from_email)
    if parsed is None:
        raise Invalid.at("from_email", "There is no address to send from: set from_email.")
    return parsed.domain


def _require(value: object, place: str, sentence: str) -> None:
    if not (value.strip() if isinstance(value, str) else value):
        raise Invalid.at(place, sentence)
