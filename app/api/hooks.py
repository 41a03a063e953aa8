"""What comes by itself: hints from a site that something changed, and webhooks that take rows."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from app.api.access import caller, runtime
from app.api.routes import Routes
from app.api.schemas import Id, Instant, Strict, Text
from app.rules.inbound import HEADER, KINDS, Scheme
from app.sources.webhooks import hinting, taking, writing_back
from app.sources.webhooks.models import Hint
from app.sources.webhooks.taking import Made

blueprint = Routes("webhooks", "Hints from sites that something changed; webhooks for rows.")


class HintAnswer(Schema):
    """Webhooks at a site, each of which brings the next pull forward. ``detail``: what is wrong
    with them, "" when nothing was at ``checked_at``; ``heard_at``: when the last one came.
    """

    connection_id = Id(required=True)
    url = fields.String(required=True)
    detail = fields.String(required=True)
    checked_at = Instant(required=True, allow_none=True)
    heard_at = Instant(required=True, allow_none=True)
    created_at = Instant(required=True)


class NewWebhook(Strict):
    """A webhook; ``name`` tells it from the site's others."""

    name = Text(
        required=True, least=1, most=40, validate=[validate.Regexp(r"[a-z0-9][a-z0-9-]*\Z")]
    )


class SignatureShape(Strict):
    """How posts are signed. ``kind``: pressferry (ours), hex or base64 of HMAC-SHA256 over the body
    (a ``sha256=`` before it may be there), or timestamped (``t=...,v1=...``); ``header``: where.
    """

    kind = Text(required=True, validate=[validate.OneOf(KINDS)])
    header = Text(
        least=1,
        most=80,
        load_default=HEADER,
        validate=[validate.Regexp(r"[A-Za-z][A-Za-z0-9-]*\Z")],
    )


class WebhookChanges(Strict):
    """In which way posts are signed, and with which secret, where the other service chose one."""

    signature = fields.Nested(SignatureShape, required=True)
    secret = Text(least=16, most=500, load_only=True, metadata={"format": "password"})


class WebhookAnswer(Schema):
    """A webhook; ``waiting``: posts that are not among the contacts yet."""

    connection_id = Id(required=True)
    url = fields.String(required=True)
    signature = fields.Nested(SignatureShape, required=True)
    waiting = fields.Integer(required=True)
    heard_at = Instant(required=True, allow_none=True)
    created_at = Instant(required=True)


class NewWebhookAnswer(WebhookAnswer):
    """A webhook with its secret, which is shown this once."""

    secret = fields.String(required=True)


class WriteBackAnswer(Schema):
    """Whether the source is told who unsubscribed here (its option ``write_back``), and how far
    that has got. ``trouble``: why the last try failed; the next is at ``next_try_at``.
    """

    is_on = fields.Boolean(required=True)
    waiting = fields.Integer(required=True)
    told = fields.Integer(required=True)
    trouble = fields.String(required=True)
    next_try_at = Instant(required=True, allow_none=True)


_HINTS = "/connections/<uuid:connection_id>/hints"
_WEBHOOK = "/connections/<uuid:connection_id>/webhook"


@blueprint.post(_HINTS, scope="settings", answer=HintAnswer)
def begin_hints(connection_id: UUID) -> Any:
    """Let the site tell when something changes: makes webhooks there, or mends them."""
    return _hint(hinting.begin(runtime(), caller().workspace_id, connection_id))


@blueprint.get(_HINTS, scope="read", answer=HintAnswer)
def get_hints(connection_id: UUID) -> Any:
    """The webhooks that a site tells us with."""
    with runtime().database.reading() as session:
        return _hint(hinting.get(session, caller().workspace_id, connection_id))


@blueprint.delete(_HINTS, scope="settings")
def end_hints(connection_id: UUID) -> None:
    """Take the webhooks away at the site; the schedule goes on."""
    hinting.end(runtime(), caller().workspace_id, connection_id)


@blueprint.post(
    "/sites/<uuid:site_id>/webhooks", scope="settings", body=NewWebhook, answer=NewWebhookAnswer
)
def add_webhook(site_id: UUID, body: dict[str, Any]) -> Any:
    """Add a webhook that takes signed rows; the answer shows its secret once."""
    running = runtime()
    with running.database.transaction() as session:
        made = taking.add(session, caller().workspace_id, site_id, body["name"], runtime=running)
    return _made(made)


@blueprint.get(_WEBHOOK, scope="read", answer=WebhookAnswer)
def get_webhook(connection_id: UUID) -> Any:
    """Where rows are posted to, and how many wait."""
    with runtime().database.reading() as session:
        found = taking.get(session, caller().workspace_id, connection_id)
        return _made(Made(found, ""), taking.waiting(session, connection_id))


@blueprint.patch(_WEBHOOK, scope="settings", body=WebhookChanges, answer=WebhookAnswer)
def change_webhook(connection_id: UUID, body: dict[str, Any]) -> Any:
    """Take what another service signs in its own way."""
    running, which = runtime(), (caller().workspace_id, connection_id)
    scheme = Scheme(**body["signature"])
    with running.database.transaction() as session:
        found = taking.sign(session, *which, scheme, body.get("secret", ""), runtime=running)
        return _made(Made(found, ""), taking.waiting(session, connection_id))


@blueprint.post(f"{_WEBHOOK}/secret", scope="settings", answer=NewWebhookAnswer)
def rekey_webhook(connection_id: UUID) -> Any:
    """Another secret; the old one is worth nothing from now on."""
    running = runtime()
    with running.database.transaction() as session:
        made = taking.rekey(session, caller().workspace_id, connection_id, runtime=running)
        return _made(made, taking.waiting(session, connection_id))


@blueprint.delete(_WEBHOOK, scope="settings")
def remove_webhook(connection_id: UUID) -> None:
    """Remove a webhook with its connection and runs; the contacts stay."""
    with runtime().database.transaction() as session:
        taking.remove(session, caller().workspace_id, connection_id)


@blueprint.get("/connections/<uuid:connection_id>/write-back", scope="read", answer=WriteBackAnswer)
def get_write_back(connection_id: UUID) -> Any:
    """Whether the source was told who unsubscribed here."""
    with runtime().database.reading() as session:
        return writing_back.portrait(session, caller().workspace_id, connection_id)


def _hint(found: Hint) -> dict[str, Any]:
    names = ("connection_id", "detail", "checked_at", "heard_at", "created_at")
    shown = {name: getattr(found, name) for name in names}
    return shown | {"url": hinting.address(runtime(), found.id)}


def _made(made: Made, waiting: int = 0) -> dict[str, Any]:
    found = made.webhook
    return {
        "connection_id": found.connection_id,
        "url": taking.address(runtime(), found.id),
        "signature": found.scheme,
        "waiting": waiting,
        "heard_at": found.heard_at,
        "created_at": found.created_at,
        "secret": made.secret,
    }
