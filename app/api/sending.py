"""All sending: whether it is held, what waits, and letting it go on."""

from typing import Any

from marshmallow import Schema, fields

from app.api.access import caller, runtime
from app.api.routes import Routes
from app.api.schemas import Flag, Instant, Strict
from app.campaigns import standstill
from app.sending.senders import valve

blueprint = Routes("sending", "Whether anything is sent at all, and what waits.")


class SendingAnswer(Schema):
    """Whether sending is held on this server, and how many mails of this workspace wait."""

    held = fields.Boolean(required=True)
    why = fields.String(required=True)
    since = Instant(required=True, allow_none=True)
    queued = fields.Integer(required=True)


class GoValues(Strict):
    """How it goes on."""

    pause_campaigns = Flag(
        load_default=False,
        metadata={"description": "Pause every campaign first, to resume them one by one"},
    )


@blueprint.get("/sending", scope="read", answer=SendingAnswer)
def get_sending() -> Any:
    """Whether sending is held because the database may be an older copy."""
    with runtime().database.reading() as session:
        return valve.standing(session, caller().workspace_id)


@blueprint.post("/sending/go", scope="settings", body=GoValues, answer=SendingAnswer, status=200)
def let_sending_go(body: dict[str, Any]) -> Any:
    """Let held sending go on; only for who owns every workspace of the server."""
    running, who = runtime(), caller()
    with running.database.transaction() as session:
        standstill.go_as_owner(
            session, who.user_id, pause=body["pause_campaigns"], now=running.now()
        )
        standing = valve.standing(session, who.workspace_id)
    running.poke()
    return standing
