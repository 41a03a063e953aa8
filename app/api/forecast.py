"""What a launch would bring, asked before it."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from app.api.access import caller, runtime
from app.api.routes import Routes
from app.api.schemas import Id, Instant, Strict
from app.campaigns import forecasting

blueprint = Routes("forecast", "What a launch would bring, and what is in its way.")


class ForecastQuestion(Strict):
    """When it would be launched, and without which relays."""

    at = Instant(load_default=None, allow_none=True, metadata={"description": "As planned, or now"})
    without = fields.List(
        Id(),
        load_default=list,
        validate=validate.Length(0, 100),
        metadata={"description": "As if these relays were dead"},
    )


def _moment() -> Any:
    return Instant(required=True, allow_none=True)


class RelayShareAnswer(Schema):
    """What one relay would carry, and which of its limits are in the way: rate, hourly, daily,
    warm_up, or away.
    """

    relay_id = Id(required=True)
    name = fields.String(required=True)
    mails = fields.Integer(required=True)
    first_at = _moment()
    last_at = _moment()
    bound_by = fields.List(fields.String(), required=True)


class ForecastAnswer(Schema):
    """``finished_at`` is null when some would still wait after 60 days (``unsent``)."""

    audience = fields.Integer(required=True)
    left_out = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "Chosen, but not written to: the reason and how many"},
    )
    begins_at = _moment()
    finished_at = _moment()
    unsent = fields.Integer(required=True)
    waiting_before = fields.Integer(
        required=True, metadata={"description": "Mails of other launches that are asked first"}
    )
    relays = fields.List(fields.Nested(RelayShareAnswer), required=True)
    waits_for_window = fields.Boolean(required=True)
    sampled = fields.Boolean(
        required=True, metadata={"description": "Rules were asked about a part of the audience"}
    )
    sentences = fields.List(fields.String(), required=True)


@blueprint.post(
    "/campaigns/<uuid:campaign_id>/forecast",
    scope="read",
    body=ForecastQuestion,
    answer=ForecastAnswer,
    status=200,
)
def forecast_campaign(campaign_id: UUID, body: dict[str, Any]) -> Any:
    """Say to how many it would go, through which relays and until when; sends nothing."""
    running = runtime()
    with running.database.reading() as session:
        return forecasting.forecast(
            session,
            caller().workspace_id,
            campaign_id,
            at=body["at"],
            without=body["without"],
            now=running.now(),
        )
