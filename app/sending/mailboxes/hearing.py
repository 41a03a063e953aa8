"""What can be known of a relay's mails after it took them: where nobody listens, nothing can."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.rules import mailbox_fields
from app.sending.letters import return_paths
from app.sending.models import Mailbox, Relay

#: A mailbox that was not read for so long may hold anything.
FRESH = timedelta(hours=24)

Kind = Literal["bounced", "complained"]


def can_hear(session: Session, relay: Relay, *, now: datetime, kind: Kind = "bounced") -> bool:
    """Whether it would be known if mails of ``relay`` bounced, or were called spam."""
    ears = _listening(session, relay.workspace_id, now)
    return any(hears(mailbox, relay, kind) for mailbox in ears)


def heard_relays(
    session: Session, workspace_id: UUID, *, now: datetime, kind: Kind = "bounced"
) -> frozenset[UUID]:
    """All relays of a workspace of which can_hear() is true."""
    ears = _listening(session, workspace_id, now)
    if not ears:
        return frozenset()
    relays = session.scalars(select(Relay).where(Relay.workspace_id == workspace_id))
    return frozenset(one.id for one in relays if any(hears(ear, one, kind) for ear in ears))


def relays_of(session: Session, mailbox: Mailbox) -> list[UUID]:
    """The relays whose bounces arrive in this mailbox, in the order of the chain."""
    relays = session.scalars(
        select(Relay)
        .where(Relay.workspace_id == mailbox.workspace_id)
        .order_by(Relay.failover_priority, Relay.id)
    )
    return [one.id for one in relays if hears(mailbox, one)]


def hears(mailbox: Mailbox, relay: Relay, kind: Kind = "bounced") -> bool:
    """Whether what comes back to the relay's envelopes arrives in the mailbox."""
    if kind == "complained" and not mailbox.complaints:
        return False
    in_use = return_paths.state(relay) == "in_use"
    sender = relay.return_path if in_use else relay.from_email
    return mailbox_fields.takes(mailbox.addresses, sender)


def _listening(session: Session, workspace_id: UUID, now: datetime) -> Iterable[Mailbox]:
    return session.scalars(
        select(Mailbox).where(
            Mailbox.workspace_id == workspace_id,
            Mailbox.enabled.is_(True),
            Mailbox.read_at > now - FRESH,
        )
    ).all()
