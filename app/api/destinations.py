"""Destinations: mail services of recipients that complained about a relay."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from app.api.access import caller, runtime
from app.api.paging import PageQuery, page_of
from app.api.relay_shapes import RateStepAnswer
from app.api.routes import Routes
from app.api.schemas import Instant
from app.sending.destinations import views

blueprint = Routes("destinations", "Which mail services of recipients bear less from a relay.")

_DESTINATIONS = "/relays/<uuid:relay_id>/destinations"


class DestinationAnswer(Schema):
    """A destination that complained; rates are messages per second, null when it is free again."""

    destination = fields.String(required=True)
    domains = fields.List(fields.String(), required=True)
    state = fields.String(required=True, validate=validate.OneOf(["paused", "slowed", "free"]))
    paused_until = Instant(required=True, allow_none=True)
    rate = fields.Float(required=True, allow_none=True)
    ceiling = fields.Float(required=True, allow_none=True)
    next_step = fields.Nested(RateStepAnswer, required=True, allow_none=True)
    complaints = fields.Integer(required=True)
    last_at = Instant(required=True)
    why = fields.String(required=True)


@blueprint.get(_DESTINATIONS, scope="read", query=PageQuery, answer=page_of(DestinationAnswer))
def list_relay_destinations(relay_id: UUID, query: dict[str, Any]) -> Any:
    """The destinations that complained about a relay, the latest first."""
    running = runtime()
    with running.database.reading() as session:
        return views.listed(
            session,
            caller().workspace_id,
            relay_id,
            now=running.now(),
            number=query["page"],
            per_page=query["per_page"],
        )


@blueprint.delete(f"{_DESTINATIONS}/<string:destination>", scope="settings")
def lift_relay_destination(relay_id: UUID, destination: str) -> None:
    """Hold nothing back from a destination any more; who was given a turn is due now."""
    running = runtime()
    with running.database.transaction() as session:
        now = running.now()
        views.lift(session, caller().workspace_id, relay_id, destination, now=now)
    running.poke()
