"""Custom fields: what else contacts of this workspace may say about themselves."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, validate
from marshmallow.fields import String

from app.api.access import caller, runtime
from app.api.paging import PageQuery, page_of
from app.api.routes import Routes
from app.api.schemas import Id, Instant, Name, Strict, Text
from app.contacts import fields
from sync.coerce import KINDS

blueprint = Routes("fields", "Custom fields of contacts.")

_KEY = validate.Regexp(
    r"^[a-z][a-z0-9_]*$",
    error="Only a-z, 0-9 and _, beginning with a letter.",
)


class NewCustomField(Strict):
    """A field that is to be; ``key`` is what templates and upserts say."""

    key = Text(required=True, least=1, most=64, validate=[_KEY])
    label = Name(required=True)
    kind = String(
        load_default="text",
        validate=validate.OneOf(KINDS),
        metadata={"description": "What its text must be; it is brought into one form"},
    )


class CustomFieldChanges(Strict):
    """What may be changed; the key stays."""

    label = Name(required=True)


class CustomFieldAnswer(Schema):
    """A custom field; ``kind``: text, number, date, instant (UTC) or boolean (true or false)."""

    id = Id(required=True)
    key = String(required=True)
    label = String(required=True)
    kind = String(required=True)
    created_at = Instant(required=True)


@blueprint.get("/fields", scope="read", query=PageQuery, answer=page_of(CustomFieldAnswer))
def list_fields(query: dict[str, Any]) -> Any:
    """The custom fields of the workspace, oldest first."""
    with runtime().database.reading() as session:
        return fields.listed(
            session, caller().workspace_id, number=query["page"], per_page=query["per_page"]
        )


@blueprint.post("/fields", scope="write", body=NewCustomField, answer=CustomFieldAnswer)
def create_field(body: dict[str, Any]) -> Any:
    """Create a custom field; 409 when the key is taken."""
    running = runtime()
    with running.database.transaction() as session:
        return fields.create(session, caller().workspace_id, **body, now=running.now())


@blueprint.get("/fields/<uuid:field_id>", scope="read", answer=CustomFieldAnswer)
def get_field(field_id: UUID) -> Any:
    """One custom field."""
    with runtime().database.reading() as session:
        return fields.get(session, caller().workspace_id, field_id)


@blueprint.patch(
    "/fields/<uuid:field_id>", scope="write", body=CustomFieldChanges, answer=CustomFieldAnswer
)
def change_field(field_id: UUID, body: dict[str, Any]) -> Any:
    """Give a custom field another label."""
    with runtime().database.transaction() as session:
        return fields.change(session, caller().workspace_id, field_id, label=body["label"])


@blueprint.delete("/fields/<uuid:field_id>", scope="write")
def delete_field(field_id: UUID) -> None:
    """Delete a custom field, and what contacts say in it."""
    with runtime().database.transaction() as session:
        fields.remove(session, caller().workspace_id, field_id)
