"""Who a campaign goes to: lists and tags, included and excluded, never somebody who said no."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, false, func, or_, select
from sqlalchemy.orm import Session

from app.contacts import groups
from app.contacts.groups import LISTS, TAGS, Kind
from app.contacts.models import Contact, Suppression
from app.errors import Invalid

_KINDS: dict[str, Kind] = {"lists": LISTS, "tags": TAGS}


def checked(session: Session, workspace_id: UUID, audience: Mapping[str, Any]) -> dict[str, Any]:
    """The audience with lists and tags as ids. Raises Invalid where one is not of this workspace.

    ``{"all": true}`` or ``{"include": {"lists": [...], "tags": [...]}}``, both with or without
    ``"exclude": {...}``; ids or names. Empty: nobody was chosen yet.
    """
    if not audience:
        return {}
    found: dict[str, Any] = {}
    for side in ("include", "exclude"):
        if side in audience:
            found[side] = _ids(session, workspace_id, audience[side], f"audience.{side}")
    everybody = audience.get("all") is True
    if everybody == ("include" in found):
        raise _unclear('Say either "all": true, or whom to include.')
    if everybody:
        return {"all": True, **found}
    if not any(found["include"].values()):
        raise _unclear('Name at least one list or tag to include, or say "all": true.')
    return found


def people(workspace_id: UUID, audience: Mapping[str, Any]) -> Select[Any]:
    """SELECT of contact id, e-mail and normal address of everybody who would get it now."""
    suppressed = exists().where(
        Suppression.workspace_id == workspace_id, Suppression.address == Contact.address
    )
    query: Any = select(Contact.id, Contact.email, Contact.address).where(
        Contact.workspace_id == workspace_id, Contact.status == "active", ~suppressed
    )
    people: Select[Any] = _chosen(query, audience)
    return people


def within(query: Any, workspace_id: UUID, audience: Mapping[str, Any]) -> Any:
    """A query about contacts, of those who were chosen, also who will not get it."""
    return _chosen(query.where(Contact.workspace_id == workspace_id), audience)


def _chosen(query: Any, audience: Mapping[str, Any]) -> Any:
    if not audience.get("all"):
        query = query.where(_in_any(audience.get("include", {})))
    if any(audience.get("exclude", {}).values()):
        query = query.where(~_in_any(audience["exclude"]))
    return query


def count(session: Session, workspace_id: UUID, audience: Mapping[str, Any]) -> int:
    """How many people it would go to now."""
    query = people(workspace_id, audience).subquery()
    return session.scalar(select(func.count()).select_from(query)) or 0


def _ids(
    session: Session, workspace_id: UUID, chosen: Mapping[str, list[str]], place: str
) -> dict[str, list[str]]:
    return {
        name: [
            str(group_id)
            for group_id in groups.resolve(
                session,
                workspace_id,
                kind,
                [str(reference) for reference in chosen.get(name, [])],
                place=f"{place}.{name}",
            )
        ]
        for name, kind in _KINDS.items()
    }


def _in_any(chosen: Mapping[str, list[str]]) -> ColumnElement[bool]:
    ways: list[ColumnElement[bool]] = [
        Contact.id.in_(
            select(kind.link.contact_id).where(kind.group_id.in_([UUID(i) for i in chosen[name]]))
        )
        for name, kind in _KINDS.items()
        if chosen.get(name)
    ]
    return or_(false(), *ways)


def _unclear(sentence: str) -> Invalid:
    return Invalid.at("audience", sentence)
