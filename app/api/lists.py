"""Mailing lists: what people are written to about."""

from typing import Any
from uuid import UUID

from app.api import grouping
from app.api.grouping import Changed, ContactIds, GroupAnswer
from app.api.paging import PageQuery, page_of
from app.api.routes import Routes
from app.api.schemas import Name, Strict, Text
from app.contacts.groups import LISTS

blueprint = Routes("lists", "Mailing lists: what people are written to about.")


class NewList(Strict):
    """A mailing list that is to be."""

    name = Name(required=True)
    description = Text(most=2000, lines=True)


class ListChanges(Strict):
    """What may be changed; what is not given stays."""

    name = Name()
    description = Text(most=2000, lines=True)


class ListAnswer(GroupAnswer):
    """A mailing list and how many contacts are on it."""


@blueprint.get("/lists", scope="read", query=PageQuery, answer=page_of(ListAnswer))
def list_lists(query: dict[str, Any]) -> Any:
    """The mailing lists of the workspace, oldest first."""
    return grouping.listed(LISTS, query)


@blueprint.post("/lists", scope="write", body=NewList, answer=ListAnswer)
def create_list(body: dict[str, Any]) -> Any:
    """Create a mailing list; 409 when the name is taken."""
    return grouping.create(LISTS, body)


@blueprint.get("/lists/<uuid:list_id>", scope="read", answer=ListAnswer)
def get_list(list_id: UUID) -> Any:
    """One mailing list."""
    return grouping.get(LISTS, list_id)


@blueprint.patch("/lists/<uuid:list_id>", scope="write", body=ListChanges, answer=ListAnswer)
def change_list(list_id: UUID, body: dict[str, Any]) -> Any:
    """Change a mailing list."""
    return grouping.change(LISTS, list_id, body)


@blueprint.delete("/lists/<uuid:list_id>", scope="write")
def delete_list(list_id: UUID) -> None:
    """Delete a mailing list; its contacts stay."""
    grouping.remove(LISTS, list_id)


@blueprint.post(
    "/lists/<uuid:list_id>/contacts/add",
    scope="write",
    body=ContactIds,
    answer=Changed,
    status=200,
)
def add_contacts_to_list(list_id: UUID, body: dict[str, Any]) -> Any:
    """Put on a list many contacts at once."""
    return grouping.add_contacts(LISTS, list_id, body["contact_ids"])


@blueprint.post(
    "/lists/<uuid:list_id>/contacts/remove",
    scope="write",
    body=ContactIds,
    answer=Changed,
    status=200,
)
def remove_contacts_from_list(list_id: UUID, body: dict[str, Any]) -> Any:
    """Take off a list many contacts at once."""
    return grouping.remove_contacts(LISTS, list_id, body["contact_ids"])


@blueprint.post("/contacts/<uuid:contact_id>/lists/<uuid:list_id>", scope="write", status=204)
def attach_list(contact_id: UUID, list_id: UUID) -> None:
    """Put on a list one contact; no difference when it is there already."""
    grouping.attach(LISTS, list_id, contact_id)


@blueprint.delete("/contacts/<uuid:contact_id>/lists/<uuid:list_id>", scope="write")
def detach_list(contact_id: UUID, list_id: UUID) -> None:
    """Take off a list one contact; no difference when it is not there."""
    grouping.detach(LISTS, list_id, contact_id)
