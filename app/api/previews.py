"""A row of a source as it is now, and what would become of it."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from app.api.access import caller, runtime
from app.api.form_shapes import mapping_of
from app.api.routes import Routes
from app.api.schemas import Id, Strict, Text, Whole
from app.sources import previewing
from app.sources.previewing import Asked

blueprint = Routes("previews", "What would become of a row of a site, without storing anything.")


class RowPreviewQuestion(Strict):
    """Which row: of a ``form``, or any; after ``skip`` others. ``mapping``: as it might be, of the
    form or of the connection; as it is by itself.
    """

    form = Text(load_default="")
    skip = Whole(most=200, load_default=0)
    mapping = mapping_of("Source field to contact field, instead of what is set")


class RowPreviewField(Schema):
    """``raw``: as the site says it. ``value``: as it would be stored, or ``error`` why not.

    ``known``: what the contact says now. ``is_written``: whether the value would be stored: a
    person's edit, a policy or another field may come before it.
    """

    key = fields.String(required=True)
    label = fields.String(required=True)
    raw = fields.String(required=True)
    target = fields.String(required=True)
    value = fields.String(required=True)
    error = fields.String(required=True)
    known = fields.String(required=True)
    is_written = fields.Boolean(required=True)


class RowPreviewConsent(Schema):
    """What the row proves about being written to."""

    way = fields.String(required=True)
    key = fields.String(required=True)
    text = fields.String(required=True)
    value = fields.String(required=True)
    is_yes = fields.Boolean(required=True)
    at = fields.String(required=True)


class RowPreviewAnswer(Schema):
    """``outcome``: create, update, keep, refuse (a "no" of a stranger), or why it is left out.

    ``contact_id``: the contact that it would change. ``lists``, ``tags``: what it would bring, of
    itself and by the connection or its form.
    """

    source_id = fields.String(required=True)
    email = fields.String(required=True)
    form = fields.String(required=True)
    outcome = fields.String(required=True)
    contact_id = Id(required=True, allow_none=True)
    status = fields.String(required=True)
    fields_ = fields.List(
        fields.Nested(RowPreviewField), required=True, attribute="fields", data_key="fields"
    )
    lists = fields.List(fields.String(), required=True)
    tags = fields.List(fields.String(), required=True)
    consents = fields.List(fields.Nested(RowPreviewConsent), required=True)


@blueprint.post(
    "/connections/<uuid:connection_id>/preview",
    scope="write",
    body=RowPreviewQuestion,
    answer=RowPreviewAnswer,
    status=200,
)
def preview_connection(connection_id: UUID, body: dict[str, Any]) -> Any:
    """Read a real row from the site now, and see what would become of it.

    409 when the site cannot be read, 404 when it has no such row among its first ones.
    """
    asked = Asked(**body)
    return previewing.preview(runtime(), caller().workspace_id, connection_id, asked)
