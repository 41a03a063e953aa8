"""Writes the audience of a dispatch into the ledger."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, case, func, insert, literal, null, select
from sqlalchemy.orm import Session

from app.sending.models import Delivery
from app.sending.schedule.due import Due, placed


def enqueue(
    session: Session,
    *,
    dispatch_id: UUID,
    contacts: Select[Any],
    due_at: datetime,
    turns: Sequence[UUID] = (),
    due: Due | None = None,
) -> int:
    """One queued delivery for each row of ``contacts``; gives back how many there are.

    ``contacts`` selects (contact id, e-mail as written, normalised address). ``turns``: the
    relays that take them in turn, again and again; empty: none has turns. ``due``: when each is
    due, instead of all at ``due_at``. Raises ValueError where that cannot be.
    """
    people = placed(session, contacts, due or Due(due_at)).subquery()
    rows = select(
        literal(dispatch_id, Uuid()),
        people.c[0],
        people.c[1],
        people.c[2],
        literal("queued"),
        people.c.due_at,
        whose_turn(people.c.place, turns),
    ).order_by(people.c[0])
    columns = ["dispatch_id", "contact_id", "email", "address", "state", "due_at", "primary_id"]
    session.execute(insert(Delivery).from_select(columns, rows))
    count = select(func.count()).where(Delivery.dispatch_id == dispatch_id)
    return session.scalar(count) or 0


def whose_turn(number: Any, turns: Sequence[UUID]) -> ColumnElement[Any]:
    """The relay whose turn it is at ``number`` (a column), NULL where there are no turns."""
    if not turns:
        return null()
    places: defaultdict[UUID, list[int]] = defaultdict(list)
    for index, relay_id in enumerate(turns):
        places[relay_id].append(index)
    place = number % len(turns)
    return case(*((place.in_(mine), literal(one, Uuid())) for one, mine in places.items()))
