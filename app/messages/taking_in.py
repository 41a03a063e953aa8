"""A mail that came by SMTP is taken on for each of its recipients."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Forbidden, Invalid
from app.messages import accepting
from app.messages.accepting import HandedIn
from app.rules.email_address import EmailAddress
from app.rules.mail.submitted import RELAY, STREAM, Submitted
from app.rules.routing.chain import STREAMS
from app.sending.models import Relay
from app.workspaces import access
from app.workspaces.access import Principal


def principal(session: Session, key_text: str, now: datetime) -> Principal:
    """Who hands in with this API key. Raises Unauthorized, Forbidden."""
    found = access.authenticate(session, key_text, now)
    if "send" not in found.scopes:
        raise Forbidden("This API key may not send: it needs the scope 'send'.")
    return found


def take_in(
    session: Session,
    key_text: str,
    mail: Submitted,
    recipients: Sequence[EmailAddress],
    *,
    now: datetime,
) -> list[UUID]:
    """One message for each recipient. Raises Invalid, Unauthorized, Forbidden."""
    who = principal(session, key_text, now)
    if mail.stream and mail.stream not in STREAMS:
        raise Invalid.at(STREAM, f"Is one of {', '.join(STREAMS)}.")
    handed = HandedIn(
        recipients,
        mail.subject,
        mail.mail,
        mail.from_email,
        mail.from_name,
        mail.reply_to_email,
        mail.reply_to_name,
        relay_id=_relay(session, who.workspace_id, mail.relay) if mail.relay else None,
        stream=mail.stream or "transactional",
    )
    made = accepting.accept(session, who.workspace_id, handed, user_id=who.user_id, now=now)
    if access.is_use_worth_noting(who, now):
        access.note_use(session, who, now)
    return made


def _relay(session: Session, workspace_id: UUID, said: str) -> UUID:
    for relay_id, name in session.execute(
        select(Relay.id, Relay.name).where(Relay.workspace_id == workspace_id)
    ):
        if said in (name, str(relay_id)):
            found: UUID = relay_id
            return found
    raise Invalid.at(RELAY, "There is no relay with this name or id.")
