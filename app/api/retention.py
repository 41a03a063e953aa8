"""How long the workspace keeps messages and alerts that are over."""

from typing import Any

from marshmallow import Schema, fields

from app.api.access import caller, runtime
from app.api.routes import Routes
from app.api.schemas import Strict, Whole
from app.workspaces import retention

blueprint = Routes("retention", "How long what is over is kept.")
_MOST = 3650


def _days(about: str) -> Any:
    words = f"Days for which {about}; null: for ever"
    return Whole(least=1, most=_MOST, allow_none=True, metadata={"description": words})


class RetentionChanges(Strict):
    """What may be changed; what is not given stays."""

    content = _days("the text and attachments of a finished message are kept")
    messages = _days("a finished message is kept: to whom it went and what became of it")
    alerts = _days("an alert that is over is kept")
    uploads = _days("a file that was brought is kept after it was last read")


class RetentionAnswer(Schema):
    """Days; null: for ever."""

    content = fields.Integer(required=True, allow_none=True)
    messages = fields.Integer(required=True, allow_none=True)
    alerts = fields.Integer(required=True, allow_none=True)
    uploads = fields.Integer(required=True, allow_none=True)


@blueprint.get("/workspace/retention", scope="read", answer=RetentionAnswer)
def get_retention() -> Any:
    """How long messages and alerts are kept."""
    running = runtime()
    with running.database.reading() as session:
        return retention.kept(session, caller().workspace_id, running.kept).words()


@blueprint.patch(
    "/workspace/retention", scope="settings", body=RetentionChanges, answer=RetentionAnswer
)
def change_retention(body: dict[str, Any]) -> Any:
    """Keep them for another time; what is too old by then is forgotten within the hour."""
    running = runtime()
    with running.database.transaction() as session:
        mine = caller().workspace_id
        changed = retention.change(session, mine, body, running.kept, now=running.now())
        return changed.words()
