"""Pausing a relay or a stream: everything else goes its way."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from app.api.access import caller, runtime
from app.api.relay_shapes import RelayAnswer, shown_alone
from app.api.routes import Routes
from app.api.schemas import Instant, Strict, Text
from app.rules.routing.chain import STREAMS
from app.sending.relays import pausing

blueprint = Routes("pausing", "Relays and streams that rest while the others go on.")


class PauseValues(Strict):
    """Why; whoever looks at it later wants to know."""

    reason = Text(load_default="")


class StreamAnswer(Schema):
    """A stream; ``paused_at`` is null while it goes."""

    stream = fields.String(required=True, validate=validate.OneOf(STREAMS))
    paused_at = Instant(required=True, allow_none=True)
    reason = fields.String(required=True)


class StreamsAnswer(Schema):
    """Every stream of the workspace."""

    streams = fields.List(fields.Nested(StreamAnswer), required=True)


@blueprint.get("/streams", scope="read", answer=StreamsAnswer)
def list_streams() -> Any:
    """The three streams, and which of them are paused."""
    with runtime().database.reading() as session:
        return {"streams": pausing.streams(session, caller().workspace_id)}


@blueprint.post(
    "/streams/<string:stream>/pause",
    scope="settings",
    body=PauseValues,
    answer=StreamAnswer,
    status=200,
)
def pause_stream(stream: str, body: dict[str, Any]) -> Any:
    """Hold every mail of a stream: nothing more of it begins, in any campaign."""
    running = runtime()
    with running.database.transaction() as session:
        return pausing.pause_stream(
            session, caller().workspace_id, stream, reason=body["reason"], now=running.now()
        )


@blueprint.post(
    "/streams/<string:stream>/resume", scope="settings", answer=StreamAnswer, status=200
)
def resume_stream(stream: str) -> Any:
    """Let a stream go on."""
    running = runtime()
    with running.database.transaction() as session:
        resumed = pausing.resume_stream(session, caller().workspace_id, stream)
    running.poke()
    return resumed


@blueprint.post(
    "/relays/<uuid:relay_id>/pause",
    scope="settings",
    body=PauseValues,
    answer=RelayAnswer,
    status=200,
)
def pause_relay(relay_id: UUID, body: dict[str, Any]) -> Any:
    """Let a relay rest: with failover on others take its mails, else they wait."""
    running = runtime()
    now = running.now()
    with running.database.transaction() as session:
        relay = pausing.pause_relay(
            session, caller().workspace_id, relay_id, reason=body["reason"], now=now
        )
        answer = shown_alone(session, relay, now)
    running.poke()
    return answer


@blueprint.post("/relays/<uuid:relay_id>/resume", scope="settings", answer=RelayAnswer, status=200)
def resume_relay(relay_id: UUID) -> Any:
    """Let a relay take part again."""
    running = runtime()
    now = running.now()
    with running.database.transaction() as session:
        relay = pausing.resume_relay(session, caller().workspace_id, relay_id)
        answer = shown_alone(session, relay, now)
    running.poke()
    return answer
