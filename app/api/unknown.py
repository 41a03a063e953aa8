"""What nobody can know: the list of it, and what a person says about it."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from app.api.access import caller, runtime
from app.api.paging import PageQuery, page_of
from app.api.routes import Routes
from app.api.schemas import Email, Id, Instant, Strict
from app.campaigns import doubts

blueprint = Routes("unknown", "Deliveries of which nobody can know whether they went.")
_MOST = 1_000


class DoubtAnswer(Schema):
    """One delivery in doubt, of a campaign or a message, and why nobody knows."""

    campaign_id = Id(required=True, allow_none=True)
    campaign_name = fields.String(required=True, allow_none=True)
    message_id = Id(required=True, allow_none=True)
    subject = fields.String(required=True, metadata={"description": "Of a campaign as a template"})
    contact_id = Id(required=True, allow_none=True)
    email = fields.String(required=True)
    reason = fields.String(required=True)
    since = Instant(required=True, allow_none=True)


class VerdictValues(Strict):
    """What a person says, and of whom."""

    verdict = fields.String(
        required=True,
        validate=validate.OneOf(("sent", "again")),
        metadata={"description": "sent: it went; again: send it again"},
    )
    emails = fields.List(
        Email(),
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, _MOST),
        metadata={"description": "Everybody in doubt when nobody is named"},
    )


class SettledAnswer(Schema):
    """How many were settled; ``too_early``: their answer may still come, ask again later."""

    settled = fields.Integer(required=True)
    too_early = fields.Integer(required=True)
    not_in_doubt = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Who or what was named and is not in doubt (any more)"},
    )


@blueprint.get("/unknown", scope="read", query=PageQuery, answer=page_of(DoubtAnswer))
def list_unknown(query: dict[str, Any]) -> Any:
    """Every delivery in doubt, of all campaigns and messages, oldest first."""
    with runtime().database.reading() as session:
        return doubts.doubts(
            session, caller().workspace_id, number=query["page"], per_page=query["per_page"]
        )


@blueprint.post(
    "/campaigns/<uuid:campaign_id>/unknown",
    scope="send",
    body=VerdictValues,
    answer=SettledAnswer,
    status=200,
)
def settle_campaign_unknown(campaign_id: UUID, body: dict[str, Any]) -> Any:
    """Say that deliveries in doubt went, or have them sent again."""
    running = runtime()
    with running.database.transaction() as session:
        settled = doubts.settle(
            session,
            caller().workspace_id,
            campaign_id,
            went=body["verdict"] == "sent",
            emails=body["emails"],
            now=running.now(),
        )
    running.poke()
    return settled
