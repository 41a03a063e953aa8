"""Writes the audience of a dispatch into the ledger."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, func, insert, literal, select
from sqlalchemy.orm import Session

from app.db import UTCDateTime
from app.sending.models import Delivery


def enqueue(session: Session, *, dispatch_id: UUID, contacts: Select[Any], due_at: datetime) -> int:
    """One queued delivery for each row of ``contacts``; gives back how many there are.

    ``contacts`` selects (contact id, e-mail as written, normalised address).
    """
    people = contacts.subquery()
    contact_id, email, address = people.c
    rows = select(
        literal(dispatch_id, Uuid()),
        contact_id,
        email,
        address,
        literal("queued"),
        literal(due_at, UTCDateTime()),
    ).order_by(contact_id)
    columns = ["dispatch_id", "contact_id", "email", "address", "state", "due_at"]
    session.execute(insert(Delivery).from_select(columns, rows))
    count = select(func.count()).where(Delivery.dispatch_id == dispatch_id)
    return session.scalar(count) or 0
