"""API keys: make one for a machine, see which there are, revoke."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from app.api.access import caller, runtime
from app.api.paging import PageQuery, page_of
from app.api.routes import Routes
from app.api.schemas import Id, Instant, Name, Strict
from app.workspaces import keys
from app.workspaces.models import SCOPES

blueprint = Routes("api_keys", "Keys for machines; each belongs to its maker and one workspace.")


class NewKey(Strict):
    """What a key is for, and what it may do."""

    name = Name(required=True)
    scopes = fields.List(
        fields.String(validate=validate.OneOf(SCOPES)),
        required=True,
        validate=validate.Length(1, len(SCOPES)),
    )


class KeyAnswer(Schema):
    """A key without its secret."""

    id = Id(required=True)
    name = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)
    user_id = Id(required=True)
    created_at = Instant(required=True)
    last_used_at = Instant(required=True, allow_none=True)
    revoked_at = Instant(required=True, allow_none=True)


class NewKeyAnswer(KeyAnswer):
    """A new key; ``key`` is its text and is shown only now."""

    key = fields.String(required=True)


@blueprint.get("/api-keys", scope="settings", query=PageQuery, answer=page_of(KeyAnswer))
def list_api_keys(query: dict[str, Any]) -> Any:
    """The API keys of the workspace, oldest first."""
    with runtime().database.reading() as session:
        return keys.listed(
            session, caller().workspace_id, number=query["page"], per_page=query["per_page"]
        )


@blueprint.post("/api-keys", scope="settings", body=NewKey, answer=NewKeyAnswer)
def create_api_key(body: dict[str, Any]) -> Any:
    """Make an API key; its text is shown only in this answer."""
    maker, running = caller(), runtime()
    with running.database.transaction() as session:
        key, text = keys.make(
            session,
            maker.workspace_id,
            user_id=maker.user_id,
            name=body["name"],
            scopes=body["scopes"],
            maker_scopes=maker.scopes,
            now=running.now(),
        )
    return {name: getattr(key, name) for name in KeyAnswer().fields} | {"key": text}


@blueprint.delete("/api-keys/<uuid:key_id>", scope="settings")
def revoke_api_key(key_id: UUID) -> None:
    """Revoke an API key; it opens nothing any more."""
    running = runtime()
    with running.database.transaction() as session:
        keys.revoke(session, caller().workspace_id, key_id, now=running.now())
