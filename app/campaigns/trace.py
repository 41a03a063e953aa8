"""Why did or didn't she get this mail: everything about one address and one campaign."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns import dry_run, edit, membership, pace, rotation, sender
from app.campaigns.membership import Membership
from app.campaigns.models import Campaign
from app.contacts import find as contacts
from app.contacts.models import Contact, Suppression
from app.errors import Invalid
from app.rules import email_address, tracing
from app.rules.tracing import Fate, Launch, Next, Somebody
from app.sending import ledger
from app.sending.models import Dispatch
from app.sending.relays import pausing
from app.sending.routing import explaining
from app.sending.routing.explaining import Explanation
from app.sending.schedule import hours
from app.sending.senders import valve
from app.sending.traces import trace as traces
from app.sending.traces.trace import Traced
from app.workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Trace:
    """``answer``: the whole in a sentence, resting on the rest. ``delivery`` None: she was not in
    the audience at the launch, or it was not launched. ``routing`` None: there is nobody to write
    to; of a delivery that has ended it tells how it would be routed today.
    """

    email: str
    answer: str
    next: Next
    contact: Contact | None
    membership: Membership | None
    suppression: Suppression | None
    suppressed_at_launch: bool | None
    delivery: Traced | None
    routing: Explanation | None


def trace(
    session: Session,
    workspace_id: UUID,
    campaign_id: UUID,
    *,
    email: str | None = None,
    contact_id: UUID | None = None,
    now: datetime,
) -> Trace:
    """The trace of one person, by address or as a contact. Raises Invalid, NotFound."""
    campaign = edit.get(session, workspace_id, campaign_id)
    address, given = _whom(session, workspace_id, email, contact_id)
    person = _known(session, Contact, workspace_id, address)
    barred = _known(session, Suppression, workspace_id, address)
    place = _place(session, campaign, person, now)
    delivery = None
    if campaign.dispatch_id is not None:
        delivery = traces.find(session, campaign.dispatch_id, address, now=now)
    routing = _routing(session, campaign, address, delivery, now) if person or delivery else None
    delivery = _with_roles(delivery, routing)
    opens = _opens(session, campaign, person, delivery, now)
    launch, who, fate = (
        _launch(session, campaign),
        _somebody(person, place, barred),
        _fate(delivery),
    )
    return Trace(
        given,
        tracing.answer(launch, who, fate, _waits(routing)),
        _next(launch, fate, delivery, routing, opens, pace.said(campaign), now),
        person,
        place,
        barred,
        _was_suppressed(campaign, barred),
        delivery,
        routing,
    )


def _waits(routing: Explanation | None) -> str:
    return routing.why if routing is not None and routing.decision == "wait" else ""


def _whom(
    session: Session, workspace_id: UUID, email: str | None, contact_id: UUID | None
) -> tuple[str, str]:
    """(normal form, as given)."""
    if (email is None) == (contact_id is None):
        raise Invalid.at("email", "Say whom: either an email or a contact_id.")
    if contact_id is not None:
        person = contacts.get(session, workspace_id, contact_id)
        return person.address, person.email
    parsed = email_address.parse(email or "")
    if parsed is None:
        raise Invalid.at("email", "This is not an e-mail address.")
    return parsed.address, parsed.email


def _known(
    session: Session, table: type[Contact | Suppression], workspace_id: UUID, address: str
) -> Any:
    return session.scalar(
        select(table).where(table.workspace_id == workspace_id, table.address == address)
    )


def _place(
    session: Session, campaign: Campaign, person: Contact | None, now: datetime
) -> Membership | None:
    if person is None:
        return None
    at = campaign.launched_at or now
    return membership.of_contact(session, campaign.audience, person.id, at)


def _launch(session: Session, campaign: Campaign) -> Launch:
    """What sending itself has stopped counts at once, before the campaign follows it."""
    hold, why = "", campaign.status_reason
    if campaign.dispatch_id is not None:
        made = session.get_one(Dispatch, campaign.dispatch_id)
        hold, why = made.hold, made.hold_reason
    if not hold and (held := valve.why_held(session)):
        hold, why = tracing.HELD, held
    stream = pausing.stream(session, campaign.workspace_id, campaign.stream)
    if not hold and campaign.dispatch_id is not None and stream.paused_at is not None:
        return Launch(
            campaign.status,
            "paused",
            stream.reason,
            campaign.launched_at,
            campaign.send_at,
            f"the {campaign.stream} stream",
        )
    return Launch(campaign.status, hold, why, campaign.launched_at, campaign.send_at)


def _somebody(
    person: Contact | None, place: Membership | None, barred: Suppression | None
) -> Somebody:
    return Somebody(
        person.status if person else None,
        place.outside if place else "",
        barred.reason if barred else "",
        barred.created_at if barred else None,
        person.created_at if person else None,
    )


def _fate(delivery: Traced | None) -> Fate | None:
    if delivery is None:
        return None
    taken = [one for one in delivery.attempts if one.outcome == "accepted"]
    heard = [(one.kind, one.words) for one in delivery.events]
    carrier = (taken[-1].relay_name or "") if taken else ""
    return Fate(delivery.state, delivery.reason, delivery.finished_at, carrier, heard)


def _routing(
    session: Session, campaign: Campaign, address: str, delivery: Traced | None, now: datetime
) -> Explanation:
    """By the settings of today, for her turn in the pool and after what this round brought."""
    turns = rotation.turns(campaign)
    share: Any = delivery.primary_id if delivery else next(iter(turns), None)
    mail = sender.mail_of(session, campaign)
    return explaining.explain(
        session,
        campaign.workspace_id,
        replace(mail, pin=campaign.relay_id),
        zone=mail.zone,
        share=share,
        personal=dry_run.personal(session, campaign, {"to": address}, now),
        stay=delivery.stay if delivery else None,
        tried=delivery.tried if delivery else frozenset(),
        kept=ledger.has_messages(session, campaign.workspace_id, now),
        now=now,
    )


def _with_roles(delivery: Traced | None, routing: Explanation | None) -> Traced | None:
    """A try through another relay than the primary was failover."""
    if delivery is None or routing is None:
        return delivery
    roles = {True: "primary", False: "failover"}
    attempts = [
        replace(one, role=roles[one.relay_id == routing.primary_id]) for one in delivery.attempts
    ]
    return replace(delivery, attempts=attempts)


def _next(
    launch: Launch,
    fate: Fate | None,
    delivery: Traced | None,
    routing: Explanation | None,
    opens: datetime | None,
    paced: str,
    now: datetime,
) -> Next:
    if delivery is None or routing is None:
        return tracing.what_next(launch, fate, due_at=None, now=now)
    names = {one.relay_id: one.name for one in routing.chain}
    why = names.get(routing.relay_id, "") if routing.relay_id else routing.why
    return tracing.what_next(
        launch,
        fate,
        due_at=delivery.due_at,
        now=now,
        decision=routing.decision,
        why=why,
        until=routing.until,
        opens=opens,
        pace=paced,
    )


def _opens(
    session: Session,
    campaign: Campaign,
    person: Contact | None,
    delivery: Traced | None,
    now: datetime,
) -> datetime | None:
    """When the sending window opens for her; None when it is open at the time she is due."""
    if delivery is None or delivery.due_at is None:
        return None
    zone = session.get_one(Workspace, campaign.workspace_id).timezone
    hers, due = person.timezone if person else "", max(delivery.due_at, now)
    opens = hours.opens(campaign.sending_window, zone, hers, due)
    return opens if opens > due else None


def _was_suppressed(campaign: Campaign, barred: Suppression | None) -> bool | None:
    if campaign.launched_at is None:
        return None
    return barred is not None and barred.created_at <= campaign.launched_at
