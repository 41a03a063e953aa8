"""Messages into the ledger: each is a dispatch of its own, with one delivery."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.rules.email_address import EmailAddress
from app.sending.models import Delivery
from app.sending.models.delivery import NOBODY


def hand_in(
    session: Session,
    workspace_id: UUID,
    recipients: Mapping[UUID, EmailAddress],
    *,
    due_at: datetime,
) -> None:
    """One queued delivery for each of ``recipients``: dispatch -> who it is for, contact or not."""
    addresses = [one.address for one in recipients.values()]
    known = session.execute(
        select(Contact.address, Contact.id).where(
            Contact.workspace_id == workspace_id, Contact.address.in_(addresses)
        )
    )
    contacts = dict(known.all())
    rows = [
        {
            "dispatch_id": dispatch_id,
            "contact_id": contacts.get(one.address, NOBODY),
            "email": one.email,
            "address": one.address,
            "state": "queued",
            "due_at": due_at,
        }
        for dispatch_id, one in recipients.items()
    ]
    session.execute(insert(Delivery), rows)
