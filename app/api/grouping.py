"""What the routes of lists and of tags have in common."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from app.api.access import caller, runtime
from app.api.schemas import Id, Instant, Strict
from app.contacts import belonging, find, groups
from app.contacts.groups import Kind
from app.db import Page

_MOST_AT_ONCE = 10_000


class ContactIds(Strict):
    """Contacts to be added or removed together."""

    contact_ids = fields.List(Id(), required=True, validate=validate.Length(1, _MOST_AT_ONCE))


class Changed(Schema):
    """How many contacts it made a difference for."""

    changed = fields.Integer(required=True)


class GroupAnswer(Schema):
    """What lists and tags both say about themselves."""

    id = Id(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    contact_count = fields.Integer(required=True)
    created_at = Instant(required=True)


def listed(kind: Kind, query: dict[str, Any]) -> Any:
    """A page of groups with their counts."""
    with runtime().database.reading() as session:
        found = groups.listed(
            session,
            caller().workspace_id,
            kind,
            number=query["page"],
            per_page=query["per_page"],
        )
        items = _shown(session, kind, found.items)
    return Page(items, found.total, found.page, found.per_page)


def get(kind: Kind, group_id: UUID) -> Any:
    """One group with its count."""
    with runtime().database.reading() as session:
        found = groups.get(session, caller().workspace_id, kind, group_id)
        return _shown(session, kind, [found])[0]


def create(kind: Kind, body: dict[str, Any]) -> Any:
    """A new group."""
    running = runtime()
    with running.database.transaction() as session:
        made = groups.create(session, caller().workspace_id, kind, body, now=running.now())
        return _shown(session, kind, [made])[0]


def change(kind: Kind, group_id: UUID, body: dict[str, Any]) -> Any:
    """A group with other words."""
    with runtime().database.transaction() as session:
        changed = groups.change(session, caller().workspace_id, kind, group_id, body)
        return _shown(session, kind, [changed])[0]


def remove(kind: Kind, group_id: UUID) -> None:
    """A group less."""
    with runtime().database.transaction() as session:
        groups.remove(session, caller().workspace_id, kind, group_id)


def attach(kind: Kind, group_id: UUID, contact_id: UUID) -> None:
    """One contact into one group."""
    running, workspace_id = runtime(), caller().workspace_id
    with running.database.transaction() as session:
        find.get(session, workspace_id, contact_id)
        groups.get(session, workspace_id, kind, group_id)
        belonging.attach(
            session,
            workspace_id,
            kind,
            contact_ids=[contact_id],
            group_ids=[group_id],
            now=running.now(),
        )


def detach(kind: Kind, group_id: UUID, contact_id: UUID) -> None:
    """One contact out of one group."""
    workspace_id = caller().workspace_id
    with runtime().database.transaction() as session:
        find.get(session, workspace_id, contact_id)
        groups.get(session, workspace_id, kind, group_id)
        belonging.detach(session, workspace_id, kind, contact_ids=[contact_id], group_id=group_id)


def add_contacts(kind: Kind, group_id: UUID, contact_ids: list[UUID]) -> Any:
    """Many contacts into one group."""
    running, workspace_id = runtime(), caller().workspace_id
    with running.database.transaction() as session:
        groups.get(session, workspace_id, kind, group_id)
        belonging.check_contacts(session, workspace_id, contact_ids)
        changed = belonging.attach(
            session,
            workspace_id,
            kind,
            contact_ids=contact_ids,
            group_ids=[group_id],
            now=running.now(),
        )
    return {"changed": changed}


def remove_contacts(kind: Kind, group_id: UUID, contact_ids: list[UUID]) -> Any:
    """Many contacts out of one group."""
    workspace_id = caller().workspace_id
    with runtime().database.transaction() as session:
        groups.get(session, workspace_id, kind, group_id)
        belonging.check_contacts(session, workspace_id, contact_ids)
        changed = belonging.detach(
            session, workspace_id, kind, contact_ids=contact_ids, group_id=group_id
        )
    return {"changed": changed}


def _shown(session: Session, kind: Kind, found: list[Any]) -> list[dict[str, Any]]:
    counts = groups.counts(session, kind, [group.id for group in found])
    return [
        {
            "id": group.id,
            "name": group.name,
            "description": group.description,
            "color": getattr(group, "color", ""),
            "contact_count": counts.get(group.id, 0),
            "created_at": group.created_at,
        }
        for group in found
    ]
