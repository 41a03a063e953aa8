"""Putting contacts on lists and tags, and taking them off again."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, delete, literal, select
from sqlalchemy.orm import Session

from app.contacts.groups import Kind
from app.contacts.models import Contact
from app.db import UTCDateTime, insert
from app.errors import Invalid


def attach(
    session: Session,
    workspace_id: UUID,
    kind: Kind,
    *,
    contact_ids: Collection[UUID],
    group_ids: Collection[UUID],
    now: datetime,
) -> int:
    """Puts every contact into every group; gives how many were not there before.

    The groups must be of this workspace (``groups.get`` or ``groups.resolve`` saw to it);
    contacts of another workspace are left alone.
    """
    return sum(
        _attach(session, workspace_id, kind, contact_ids, group_id, now)
        for group_id in sorted(group_ids)
    )


def detach(
    session: Session,
    workspace_id: UUID,
    kind: Kind,
    *,
    contact_ids: Collection[UUID],
    group_id: UUID,
) -> int:
    """Takes the contacts out of the group; gives how many were in it."""
    result: Any = session.execute(
        delete(kind.link).where(
            kind.group_id == group_id,
            kind.link.contact_id.in_(
                select(Contact.id).where(
                    Contact.workspace_id == workspace_id, Contact.id.in_(contact_ids)
                )
            ),
        )
    )
    return int(result.rowcount)


def check_contacts(session: Session, workspace_id: UUID, contact_ids: Collection[UUID]) -> None:
    """Raises Invalid, naming each place, when some are not contacts of this workspace."""
    known = set(
        session.scalars(
            select(Contact.id).where(
                Contact.workspace_id == workspace_id, Contact.id.in_(contact_ids)
            )
        )
    )
    sentence = "There is no such contact."
    mistakes = {
        f"contact_ids.{number}": [sentence]
        for number, contact_id in enumerate(contact_ids)
        if contact_id not in known
    }
    if mistakes:
        raise Invalid(f"{next(iter(mistakes))}: {sentence}", mistakes)


def _attach(
    session: Session,
    workspace_id: UUID,
    kind: Kind,
    contact_ids: Collection[UUID],
    group_id: UUID,
    now: datetime,
) -> int:
    mine = (
        select(Contact.id, literal(group_id, Uuid()), literal(now, UTCDateTime()))
        .where(Contact.workspace_id == workspace_id, Contact.id.in_(contact_ids))
        .order_by(Contact.id)
    )
    names = ["contact_id", kind.group_id.key, "created_at"]
    statement = insert(session, kind.link).from_select(names, mine).on_conflict_do_nothing()
    return len(session.scalars(statement.returning(kind.link.contact_id)).all())
