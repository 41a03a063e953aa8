"""Orders as a source tells them: kept one by one, added up per person."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import insert
from app.sources.models import PurchaseRow
from app.sources.storing.roster import Roster
from sync import purchases
from sync.mapping import Wanted
from sync.purchases import Sum


def record(
    session: Session, connection_id: UUID, bought: Collection[tuple[UUID, Wanted]], roster: Roster
) -> set[UUID]:
    """Writes the orders down and adds up again; gives the contacts whose numbers changed."""
    rows = [_row(connection_id, contact_id, wanted) for contact_id, wanted in bought]
    statement = insert(session, PurchaseRow)
    kept = ("contact_id", "placed_at", "parts", "currency", "is_paid")
    statement = statement.on_conflict_do_update(
        index_elements=["connection_id", "source_id"],
        set_={name: statement.excluded[name] for name in kept},
    )
    session.connection().execute(statement, rows)
    sums = _sums(session, connection_id, {contact_id for contact_id, _ in bought})
    return {
        contact_id
        for contact_id, wanted in dict(bought).items()
        if _apply(roster, contact_id, wanted, sums.get(contact_id, []))
    }


def _row(connection_id: UUID, contact_id: UUID, wanted: Wanted) -> dict[str, Any]:
    assert wanted.purchase is not None
    return {
        "connection_id": connection_id,
        "source_id": wanted.source_id,
        "contact_id": contact_id,
        "placed_at": datetime.fromisoformat(wanted.purchase.placed_at),
        "parts": purchases.parts(wanted.purchase.amount),
        "currency": wanted.purchase.currency,
        "is_paid": wanted.purchase.is_paid,
    }


def _sums(session: Session, connection_id: UUID, contacts: Iterable[UUID]) -> dict[UUID, list[Sum]]:
    query = (
        select(
            PurchaseRow.contact_id,
            PurchaseRow.currency,
            func.count(),
            func.sum(PurchaseRow.parts),
            func.min(PurchaseRow.placed_at),
            func.max(PurchaseRow.placed_at),
        )
        .where(
            PurchaseRow.connection_id == connection_id,
            PurchaseRow.contact_id.in_(list(contacts)),
            PurchaseRow.is_paid,
        )
        .group_by(PurchaseRow.contact_id, PurchaseRow.currency)
    )
    found: dict[UUID, list[Sum]] = {}
    for contact_id, currency, count, parts, first, last in session.execute(query):
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
