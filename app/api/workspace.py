"""The workspace of the key: its name, its time zone, its failover switch."""

from typing import Any

from marshmallow import Schema, fields

from app.api.access import caller, runtime
from app.api.routes import Routes
from app.api.schemas import Flag, Id, Instant, Name, Strict
from app.sending import readiness
from app.workspaces import edit
from app.workspaces.models import Workspace

blueprint = Routes("workspace", "The wall around everything else, and its settings.")


class WorkspaceChanges(Strict):
    """What may be changed; what is not given stays."""

    name = Name()
    timezone = Name(metadata={"description": "IANA name, such as Europe/Berlin"})
    failover_enabled = Flag(metadata={"description": "Acts at once, also on running campaigns"})


class WorkspaceAnswer(Schema):
    """A workspace; ``warnings`` are sentences about settings that do not fit together."""

    id = Id(required=True)
    name = fields.String(required=True)
    timezone = fields.String(required=True)
    failover_enabled = fields.Boolean(required=True)
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
        changed = edit.change(session, caller().workspace_id, body, now=running.now())
        shown = _shown(session, changed)
    running.poke()
    return shown


def _shown(session: Any, workspace: Workspace) -> dict[str, Any]:
    warnings = readiness.failover_warnings(
        session, workspace.id, failover_enabled=workspace.failover_enabled
    )
    return {
        "id": workspace.id,
        "name": workspace.name,
        "timezone": workspace.timezone,
        "failover_enabled": workspace.failover_enabled,
        "created_at": workspace.created_at,
        "updated_at": workspace.updated_at,
        "warnings": warnings,
    }
