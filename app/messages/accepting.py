"""A finished mail is taken on: when the caller's transaction commits, it will be delivered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app import ids
from app.errors import Invalid
from app.rules import email_address
from app.rules.email_address import EmailAddress
from app.sending import ledger
from app.sending.models import Content, Dispatch, Relay
from app.sending.models.dispatch import MESSAGE
from app.sending.relays import settings
from app.sending.routing import fleet
from app.sending.routing.draft import Draft, draft
from app.workspaces.models import Workspace

#: A moment that is over by less than this means now.
_PAST = timedelta(minutes=5)
#: Nobody means a mail in more than a year.
_FAR = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A finished mail and what was said about it. Empty sender fields: those of the relay that
    will be chosen. ``at``: not before then.
    """

    recipients: Sequence[EmailAddress]
    subject: str
    mail: bytes
    from_email: str = ""
    from_name: str = ""
    reply_to_email: str = ""
    reply_to_name: str = ""
    relay_id: UUID | None = None
    stream: str = "transactional"
    at: datetime | None = None


def accept(
    session: Session, workspace_id: UUID, handed: HandedIn, *, user_id: UUID, now: datetime
) -> list[UUID]:
    """One message for each of the recipients, who are all different; their ids in that order.

    ``user_id``: who sends, which may choose the relay. Raises Invalid.
    """
    ready_at = _moment(handed.at, now)
    mail = draft(
        session.get_one(Workspace, workspace_id),
        pin=handed.relay_id,
        mail_type="transactional",
        stream=handed.stream,
        user_id=user_id,
        from_email=handed.from_email,
        from_name=handed.from_name,
        reply_to_email=handed.reply_to_email,
    )
    domain = _from_domain(session, workspace_id, mail, now)
    content_id = _content(session, workspace_id, handed, now)
    made = {ids.new_id(): one for one in handed.recipients}
    session.add_all(
        _dispatch(one, workspace_id, content_id, handed, user_id, domain, ready_at, now)
        for one in made
    )
    session.flush()
    ledger.hand_in(session, workspace_id, made, due_at=ready_at)
    return list(made)


def _content(session: Session, workspace_id: UUID, handed: HandedIn, now: datetime) -> UUID:
    content = Content(
        workspace_id=workspace_id,
        subject=handed.subject,
        preheader="",
        html="",
        text="",
        finished=handed.mail,
        created_at=now,
    )
    session.add(content)
    session.flush()
    return content.id


def _dispatch(
    dispatch_id: UUID,
    workspace_id: UUID,
    content_id: UUID,
    handed: HandedIn,
    user_id: UUID,
    domain: str,
    ready_at: datetime,
    now: datetime,
) -> Dispatch:
    return Dispatch(
        id=dispatch_id,
        kind=MESSAGE,
        workspace_id=workspace_id,
        content_id=content_id,
        relay_id=handed.relay_id,
        mail_type="transactional",
        stream=handed.stream,
        user_id=user_id,
        pool=[],
        from_email=handed.from_email,
        from_name=handed.from_name,
        reply_to_email=handed.reply_to_email,
        reply_to_name=handed.reply_to_name,
        domain=domain,
        ready_at=ready_at,
        created_at=now,
    )


def _from_domain(session: Session, workspace_id: UUID, mail: Draft, now: datetime) -> str:
    """The domain of From: the mail's own, or that of the relay it would take now.

    A relay that rests or is disabled is no reason to refuse a mail: it waits, or another helps.
    """
    if mail.pin is not None and settings.find(session, workspace_id, mail.pin) is None:
        raise Invalid.at("relay_id", "There is no such relay (any more): choose another one.")
    ships = fleet.gather(session, workspace_id, mail.zone, lambda _: 1, now=now)
    first, _ = ships.primary(mail)
    relay: Relay | None = ships.relays.get(first) if first else None
    if relay is None:
        raise Invalid.at("relay_id", "There is no relay to send through: add one first.")
    parsed = email_address.parse(mail.from_email or relay.from_email)
    if parsed is None:
        raise Invalid.at("from_email", "There is no address to send from: set from_email.")
    return parsed.domain


def _moment(at: datetime | None, now: datetime) -> datetime:
    if at is None:
        return now
    if at < now - _PAST:
        raise Invalid.at("at", "This moment is over.")
    if at > now + _FAR:
        raise Invalid.at("at", "This moment is more than a year away.")
    return max(at, now)
