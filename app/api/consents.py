"""The proofs that a contact may be written to, or may not."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from app.api.access import caller, runtime
from app.api.paging import PageQuery, page_of
from app.api.routes import Routes
from app.api.schemas import Id, Instant
from app.contacts import proofs

blueprint = Routes("consents", "Proofs of consent: who said what, where and when.")


class ConsentAnswer(Schema):
    """A proof. ``way``: status, checkbox, field, or reason (of the operator).

    ``text``: the words she read. ``value``: what stood in ``field``. ``said_at``: when she said it,
    null when the site does not tell; ``recorded_at``: when it was seen here.
    """

    id = Id(required=True)
    is_yes = fields.Boolean(required=True)
    way = fields.String(required=True)
    connection_id = Id(required=True, allow_none=True)
    source = fields.String(required=True)
    site = fields.String(required=True)
    row = fields.String(required=True)
    form = fields.String(required=True)
    form_title = fields.String(required=True)
    field = fields.String(required=True)
    text = fields.String(required=True)
    value = fields.String(required=True)
    said_at = Instant(required=True, allow_none=True)
    recorded_at = Instant(required=True)


@blueprint.get(
    "/contacts/<uuid:contact_id>/consents",
    scope="read",
    query=PageQuery,
    answer=page_of(ConsentAnswer),
)
def list_consents(contact_id: UUID, query: dict[str, Any]) -> Any:
    """The proofs of one contact, newest first."""
    with runtime().database.reading() as session:
        return proofs.listed(
            session,
            caller().workspace_id,
            contact_id,
            number=query["page"],
            per_page=query["per_page"],
        )
