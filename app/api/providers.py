"""Providers: which kinds of relay there are, and what is known about services."""

from typing import Any

from marshmallow import Schema, fields

from app import providers
from app.api.routes import Routes

blueprint = Routes("providers", "Kinds of relay, their settings and presets.")


class SettingAnswer(Schema):
    """One setting of a relay as a form shows it."""

    key = fields.String(required=True)
    title = fields.String(required=True)
    kind = fields.String(required=True)
    required = fields.Boolean(required=True)
    choices = fields.List(fields.String(), required=True)
    hint = fields.String(required=True)


class PresetAnswer(Schema):
    """What is known about a service; an empty host is the user's own."""

    key = fields.String(required=True)
    title = fields.String(required=True)
    host = fields.String(required=True)
    port = fields.Integer(required=True)
    encryption = fields.String(required=True)
    username = fields.String(required=True)
    username_hint = fields.String(required=True)
    password_hint = fields.String(required=True, attribute="credential_hint")
    notes = fields.List(fields.String(), required=True)


class ProviderAnswer(Schema):
    """A kind of relay."""

    key = fields.String(required=True)
    title = fields.String(required=True)
    settings = fields.List(fields.Nested(SettingAnswer), required=True)
    presets = fields.List(fields.Nested(PresetAnswer), required=True)


class ProvidersAnswer(Schema):
    """All kinds of relay."""

    items = fields.List(fields.Nested(ProviderAnswer), required=True)
    total = fields.Integer(required=True)


@blueprint.get("/providers", scope="read", answer=ProvidersAnswer)
def list_providers() -> Any:
    """The kinds of relay, with their settings and presets."""
    found = providers.find().values()
    items = [
        {
            "key": one.key,
            "title": one.title,
            "settings": one.settings,
            "presets": list(one.presets.values()),
        }
        for one in found
    ]
    return {"items": items, "total": len(items)}
