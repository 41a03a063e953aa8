"""Somebody says no: acts at once, also for mail that is queued already."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts import suppression
from app.contacts.models import Contact
from app.rules.mail import links
from app.sending.models import Delivery, Dispatch


def read(keys: Iterable[bytes], token: str) -> tuple[UUID, int] | None:
    """The contact and the delivery that a link names, or None when it is none of ours.

    ``keys``: the current one first, then older ones: links work for ever.
    """
    found = (links.read_unsubscribe_token(key, token) for key in keys)
    return next((named for named in found if named is not None), None)


def unsubscribe(session: Session, contact_id: UUID, delivery_id: int, *, now: datetime) -> None:
    """Suppresses the contact, and the address that the mail with the link went to.

    Whoever follows the link may have another address by now, or be deleted here; the address in
    the ledger is still theirs. Doing it twice changes nothing.
    """
    contact = session.get(Contact, contact_id)
    mail = session.execute(
        select(Delivery.address, Dispatch.workspace_id, Dispatch.id, Dispatch.label)
        .join(Dispatch, Dispatch.id == Delivery.dispatch_id)
        .where(Delivery.id == delivery_id, Delivery.contact_id == contact_id)
    ).first()
    detail = f"link in '{mail.label}' ({mail.id})" if mail else "link in a mail"
    if contact is not None:
        _suppress(session, contact.workspace_id, contact.address, detail, now)
    if mail is not None and (contact is None or mail.address != contact.address):
        _suppress(session, mail.workspace_id, mail.address, detail, now)


def _suppress(
    session: Session, workspace_id: UUID, address: str, detail: str, now: datetime
) -> None:
    suppression.suppress(session, workspace_id, [address], "unsubscribed", detail, now)
