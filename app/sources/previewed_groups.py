"""Which lists and tags a previewed row would bring, by their names."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import MailingList, Tag
from connectors import Incoming
from sync.reading import Order


def brought(session: Session, row: Incoming, order: Order) -> Mapping[str, list[str]]:
    """What the row itself names, and what the connection and the row's form give everybody."""
    form = order.form(row.form)
    lists = order.terms.lists | (form.lists if form else frozenset())
    tags = order.terms.tags | (form.tags if form else frozenset())
    return {
        "lists": sorted({*row.lists, *_names(session, MailingList, lists)}),
        "tags": sorted({*row.tags, *_names(session, Tag, tags)}),
    }


def _names(
    session: Session, kind: type[MailingList] | type[Tag], ids: Collection[UUID]
) -> Collection[str]:
    return session.scalars(select(kind.name).where(kind.id.in_(ids))).all() if ids else ()
