"""The workspace of the key: its name, its time zone, its failover switch."""

from typing import Any

from marshmallow import Schema, fields, validate

from app.api.access import caller, runtime
from app.api.routes import Routes
from app.api.schemas import Flag, Id, Instant, Name, Strict, Whole
from app.sending.routing import failover
from app.workspaces import edit
from app.workspaces.models import FROM_POLICIES, Workspace

blueprint = Routes("workspace", "The wall around everything else, and its settings.")


class WorkspaceChanges(Strict):
    """What may be changed; what is not given stays."""

    name = Name()
    timezone = Name(metadata={"description": "IANA name, such as Europe/Berlin"})
    failover_enabled = Flag(metadata={"description": "Acts at once, also on running campaigns"})
    failover_into_transactional = Flag(
        metadata={"description": "Transactional relays help marketing and outreach, too"}
    )
    failover_when_blocked = Flag(
        metadata={
            "description": "Where a destination blocks a relay for its reputation, mail of every "
            "stream moves to another relay; transactional mail always does"
        }
    )
    backup_relay_id = Id(
        allow_none=True,
        metadata={"description": "Failover uses this relay alone; null: the chain by priority"},
    )
    failover_from_policy = fields.String(
        validate=validate.OneOf(FROM_POLICIES),
        metadata={
            "description": "rewrite: From of the relay that helps; "
            "keep_if_verified: From stays, and only relays that may send under it help; "
            "same_from_only: only relays with the same From help"
        },
    )
    contact_allocation = Whole(
        allow_none=True,
        metadata={"description": "How many contacts it may have; null: any number"},
    )


class WorkspaceAnswer(Schema):
    """A workspace; ``warnings`` are sentences about settings that do not fit together."""

    id = Id(required=True)
    name = fields.String(required=True)
    timezone = fields.String(required=True)
    failover_enabled = fields.Boolean(required=True)
    backup_relay_id = Id(required=True, allow_none=True)
    failover_from_policy = fields.String(required=True, validate=validate.OneOf(FROM_POLICIES))
    failover_into_transactional = fields.Boolean(required=True)
    failover_when_blocked = fields.Boolean(required=True)
    contact_allocation = fields.Integer(required=True, allow_none=True)
    warnings = fields.List(fields.String(), required=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


@blueprint.get("/workspace", scope="read", answer=WorkspaceAnswer)
def get_workspace() -> Any:
    """The workspace that the key belongs to."""
    with runtime().database.reading() as session:
        return _shown(session, edit.get(session, caller().workspace_id))


@blueprint.patch("/workspace", scope="settings", body=WorkspaceChanges, answer=WorkspaceAnswer)
def change_workspace(body: dict[str, Any]) -> Any:
    """Change the workspace; the failover switch acts at once."""
    running = runtime()
    with running.database.transaction() as session:
        changed = failover.change_workspace(session, caller().workspace_id, body, now=running.now())
        shown = _shown(session, changed)
    running.poke()
    return shown


def _shown(session: Any, workspace: Workspace) -> dict[str, Any]:
    plain = {name: getattr(workspace, name, None) for name in WorkspaceAnswer().fields}
    return plain | {"warnings": failover.warnings(session, workspace)}
