"""Where the values of a contact came from."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from app.api.access import caller, runtime
from app.api.routes import Routes
from app.api.schemas import Id, Instant
from app.sources.storing import tracing

blueprint = Routes("origins", "Where the values of a contact came from, field by field.")


class OriginAnswer(Schema):
    """A value and its origin; ``by``: person, site, api, or how the contact came here.

    ``source`` and ``site`` are empty when the connection is gone.
    """

    field = fields.String(required=True)
    value = fields.String(required=True)
    by = fields.String(required=True)
    connection_id = Id(required=True, allow_none=True)
    source = fields.String(required=True)
    site = fields.String(required=True)
    at = Instant(required=True, allow_none=True)


class OriginsAnswer(Schema):
    """The origin of every field that says something."""

    items = fields.List(fields.Nested(OriginAnswer), required=True)


@blueprint.get("/contacts/<uuid:contact_id>/origins", scope="read", answer=OriginsAnswer)
def list_origins(contact_id: UUID) -> Any:
    """Which source of which site, which person or program said what."""
    with runtime().database.reading() as session:
        return {"items": tracing.origins(session, caller().workspace_id, contact_id)}
