"""Tags: marks on contacts."""

from typing import Any
from uuid import UUID

from marshmallow import fields, validate

from app.api import grouping
from app.api.grouping import Changed, ContactIds, GroupAnswer
from app.api.paging import PageQuery, page_of
from app.api.routes import Routes
from app.api.schemas import Name, Strict, Text
from app.contacts.groups import TAGS

blueprint = Routes("tags", "Tags: marks on contacts.")

_COLOR = validate.Regexp(
    r"^(#[0-9a-fA-F]{6})?$", error="Give a colour such as #2a6f97, or nothing."
)


class NewTag(Strict):
    """A tag that is to be."""

    name = Name(required=True)
    description = Text(most=2000, lines=True)
    color = Text(most=7, validate=[_COLOR])


class TagChanges(Strict):
    """What may be changed; what is not given stays."""

    name = Name()
    description = Text(most=2000, lines=True)
    color = Text(most=7, validate=[_COLOR])


class TagAnswer(GroupAnswer):
    """A tag and how many contacts have it."""

    color = fields.String(required=True)


@blueprint.get("/tags", scope="read", query=PageQuery, answer=page_of(TagAnswer))
def list_tags(query: dict[str, Any]) -> Any:
    """The tags of the workspace, oldest first."""
    return grouping.listed(TAGS, query)


@blueprint.post("/tags", scope="write", body=NewTag, answer=TagAnswer)
def create_tag(body: dict[str, Any]) -> Any:
    """Create a tag; 409 when the name is taken."""
    return grouping.create(TAGS, body)


@blueprint.get("/tags/<uuid:tag_id>", scope="read", answer=TagAnswer)
def get_tag(tag_id: UUID) -> Any:
    """One tag."""
    return grouping.get(TAGS, tag_id)


@blueprint.patch("/tags/<uuid:tag_id>", scope="write", body=TagChanges, answer=TagAnswer)
def change_tag(tag_id: UUID, body: dict[str, Any]) -> Any:
    """Change a tag."""
    return grouping.change(TAGS, tag_id, body)


@blueprint.delete("/tags/<uuid:tag_id>", scope="write")
def delete_tag(tag_id: UUID) -> None:
    """Delete a tag; its contacts stay."""
    grouping.remove(TAGS, tag_id)


@blueprint.post(
    "/tags/<uuid:tag_id>/contacts/add",
    scope="write",
    body=ContactIds,
    answer=Changed,
    status=200,
)
def add_contacts_to_tag(tag_id: UUID, body: dict[str, Any]) -> Any:
    """Give a tag to many contacts at once."""
    return grouping.add_contacts(TAGS, tag_id, body["contact_ids"])


@blueprint.post(
    "/tags/<uuid:tag_id>/contacts/remove",
    scope="write",
    body=ContactIds,
    answer=Changed,
    status=200,
)
def remove_contacts_from_tag(tag_id: UUID, body: dict[str, Any]) -> Any:
    """Take a tag from many contacts at once."""
    return grouping.remove_contacts(TAGS, tag_id, body["contact_ids"])


@blueprint.post("/contacts/<uuid:contact_id>/tags/<uuid:tag_id>", scope="write", status=204)
def attach_tag(contact_id: UUID, tag_id: UUID) -> None:
    """Give a tag to one contact; no difference when it is there already."""
    grouping.attach(TAGS, tag_id, contact_id)


@blueprint.delete("/contacts/<uuid:contact_id>/tags/<uuid:tag_id>", scope="write")
def detach_tag(contact_id: UUID, tag_id: UUID) -> None:
    """Take a tag from one contact; no difference when it is not there."""
    grouping.detach(TAGS, tag_id, contact_id)
