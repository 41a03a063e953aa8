"""Orders as a source tells them: kept one by one, added up per person."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.sources.models import PurchaseRow
from app.sources.storing import reading
from app.sources.storing.roster import Roster
from app.statements.put import Put
from sync import purchases
from sync.mapping import Wanted, storable
from sync.purchases import Sum

_SAID = ("contact_id", "placed_at", "parts", "currency", "is_paid")
_ORDER = ("connection_id", "source_id", *_SAID)
_WRITE_DOWN = Put(PurchaseRow, _ORDER, key=_ORDER[:2], changes=_SAID)


def record(
    session: Session, connection_id: UUID, bought: Collection[tuple[UUID, Wanted]], roster: Roster
) -> set[UUID]:
    """Writes the orders down and adds up again; gives the contacts whose numbers changed."""
    # An order that comes twice in a page counts as it comes last.
    rows = {
        wanted.source_id: _row(connection_id, contact_id, wanted) for contact_id, wanted in bought
    }
    _WRITE_DOWN.rows(session, list(rows.values()))
    sums = _sums(session, connection_id, {contact_id for contact_id, _ in bought})
    return {
        contact_id
        for contact_id, wanted in dict(bought).items()
        if _apply(roster, contact_id, wanted, sums.get(contact_id, []))
    }


def _row(connection_id: UUID, contact_id: UUID, wanted: Wanted) -> tuple[Any, ...]:
    """An order by the names in _ORDER."""
    bought = wanted.purchase
    assert bought is not None
    placed_at, amount = datetime.fromisoformat(bought.placed_at), purchases.parts(bought.amount)
    who = (connection_id, wanted.source_id, contact_id)
    return (*who, placed_at, amount, storable(bought.currency), bought.is_paid)


def _sums(session: Session, connection_id: UUID, contacts: Iterable[UUID]) -> dict[UUID, list[Sum]]:
    about = {"connection": connection_id, "contacts": reading.array(contacts)}
    found: dict[UUID, list[Sum]] = {}
    for contact_id, currency, count, parts, first, last in reading.BOUGHT.all(session, about):
        found.setdefault(contact_id, []).append(Sum(currency, count, int(parts), first, last))
    return found


def _apply(roster: Roster, contact_id: UUID, wanted: Wanted, sums: list[Sum]) -> bool:
    """Puts the numbers where they are mapped to; a person's edit outranks them."""
    known = roster.contacts[contact_id]
    values = {
        wanted.sums[key]: value
        for key, value in purchases.summary(sums).items()
        if key in wanted.sums and wanted.sums[key] not in known.edited
    }
    if all(known.fields.get(target, "") == value for target, value in values.items()):
        return False
    fields, traced = {**known.fields, **values}, roster.traced(known, values)
    roster.contacts[contact_id] = replace(known, fields=fields, origins=traced)
    return True
