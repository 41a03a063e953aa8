"""Endpoints for alerts: programs that are told, each signed with a secret of its own."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from app import ids
from app.alerts import endpoints
from app.api.access import caller, runtime
from app.api.paging import PageQuery, page_of
from app.api.routes import Routes
from app.api.schemas import Flag, Id, Instant, Strict, Text
from app.rules.health.alerting import KINDS
from app.watching import telling

blueprint = Routes("alert-endpoints", "Programs that are told of alerts by a signed webhook.")

_ENDPOINT = "/alert-endpoints/<uuid:endpoint_id>"


class EndpointChanges(Strict):
    """What may be changed; no ``kinds``: told of all."""

    url = Text(least=8, most=2_000)
    kinds = fields.List(
        fields.String(validate=validate.OneOf(tuple(KINDS))),
        validate=validate.Length(0, len(KINDS)),
    )
    enabled = Flag()


class NewEndpoint(EndpointChanges):
    """An endpoint that is to be."""

    url = Text(least=8, most=2_000, required=True)


class EndpointAnswer(Schema):
    """An endpoint; ``last_words``: what it answered last, or why it could not be reached."""

    id = Id(required=True)
    url = fields.String(required=True)
    kinds = fields.List(fields.String(), required=True)
    enabled = fields.Boolean(required=True)
    last_words = fields.String(required=True)
    last_at = Instant(required=True, allow_none=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


class EndpointWithSecret(EndpointAnswer):
    """The only time that the secret is shown."""

    secret = fields.String(required=True)


class TriedAnswer(Schema):
    """Whether it was taken, and what was answered."""

    ok = fields.Boolean(required=True)
    words = fields.String(required=True)


@blueprint.get("/alert-endpoints", scope="read", query=PageQuery, answer=page_of(EndpointAnswer))
def list_alert_endpoints(query: dict[str, Any]) -> Any:
    """The endpoints, oldest first, without their secrets."""
    with runtime().database.reading() as session:
        return endpoints.listed(
            session, caller().workspace_id, number=query["page"], per_page=query["per_page"]
        )


@blueprint.post("/alert-endpoints", scope="settings", body=NewEndpoint, answer=EndpointWithSecret)
def create_alert_endpoint(body: dict[str, Any]) -> Any:
    """Add an endpoint; its secret is shown this once."""
    running = runtime()
    with running.database.transaction() as session:
        made, secret = endpoints.create(
            session, caller().workspace_id, body, vault=running.vault, now=running.now()
        )
    return _shown(made, secret)


@blueprint.patch(_ENDPOINT, scope="settings", body=EndpointChanges, answer=EndpointAnswer)
def change_alert_endpoint(endpoint_id: UUID, body: dict[str, Any]) -> Any:
    """Change where it is, what it is told of, or switch it off."""
    running = runtime()
    with running.database.transaction() as session:
        return endpoints.change(
            session, caller().workspace_id, endpoint_id, body, now=running.now()
        )


@blueprint.delete(_ENDPOINT, scope="settings")
def delete_alert_endpoint(endpoint_id: UUID) -> None:
    """Remove an endpoint, and what it was told."""
    with runtime().database.transaction() as session:
        endpoints.remove(session, caller().workspace_id, endpoint_id)


@blueprint.post(f"{_ENDPOINT}/secret", scope="settings", answer=EndpointWithSecret, status=200)
def renew_alert_endpoint_secret(endpoint_id: UUID) -> Any:
    """Make another secret, shown this once; the old one is of no use from now on."""
    running = runtime()
    with running.database.transaction() as session:
        found, secret = endpoints.renew_secret(
            session, caller().workspace_id, endpoint_id, vault=running.vault, now=running.now()
        )
    return _shown(found, secret)


@blueprint.post(f"{_ENDPOINT}/test", scope="settings", answer=TriedAnswer, status=200)
def test_alert_endpoint(endpoint_id: UUID) -> Any:
    """Post a signed test to it now, and see what it answers."""
    return telling.try_out(runtime(), caller().workspace_id, endpoint_id, ids.new_id())


def _shown(endpoint: Any, secret: str) -> dict[str, Any]:
    plain = {name: getattr(endpoint, name) for name in EndpointAnswer().fields}
    return plain | {"secret": secret}
