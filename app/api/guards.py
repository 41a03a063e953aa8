"""Guards and canaries: what was warned of or stopped by itself, from which figures on, and why."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from app.api.access import caller, runtime
from app.api.routes import Routes
from app.api.schemas import Id, Instant, Share, Strict, Whole
from app.campaigns import guarded
from app.rules.health.canary import STATES
from app.rules.health.guards import KINDS, Figures

blueprint = Routes("guards", "What is stopped by itself before it gets worse, and why.")

_CANARY = "/campaigns/<uuid:campaign_id>/canary"


def _limit(about: str) -> Any:
    return Share(allow_none=True, metadata={"description": f"{about}; null: never"})


def _pauses(**more: Any) -> Any:
    return fields.List(
        fields.String(validate=validate.OneOf(KINDS)),
        validate=validate.Length(0, len(KINDS)),
        metadata={"description": "What guards stop by themselves; of the others they warn"},
        **more,
    )


class GuardSettings(Strict):
    """What may be set; what is not given stays."""

    sample = Whole(least=1, metadata={"description": "Nothing is judged before so many answers"})
    complaint_warn = _limit("Complaints of what was taken, to warn from")
    complaint_pause = _limit("Complaints of what was taken, to pause from")
    bounce_warn = _limit("Hard bounces of what was answered, to warn from")
    bounce_pause = _limit("Hard bounces of what was answered, to pause from")
    deferral_warn = _limit("What waits of what was answered, to warn from")
    deferral_pause = _limit("What waits of what was answered, to pause from")
    pauses = _pauses()


class GuardSettingsAnswer(Schema):
    """The limits as they are."""

    sample = fields.Integer(required=True)
    complaint_warn = fields.Float(required=True, allow_none=True)
    complaint_pause = fields.Float(required=True, allow_none=True)
    bounce_warn = fields.Float(required=True, allow_none=True)
    bounce_pause = fields.Float(required=True, allow_none=True)
    deferral_warn = fields.Float(required=True, allow_none=True)
    deferral_pause = fields.Float(required=True, allow_none=True)
    pauses = _pauses(required=True)


class FindingAnswer(Schema):
    """What a guard warns of or has stopped; ``id`` is null of a stream."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    id = Id(required=True, allow_none=True)
    name = fields.String(required=True)
    level = fields.String(required=True, validate=validate.OneOf(["warn", "pause"]))
    why = fields.String(required=True)
    since = Instant(required=True)


class GuardsAnswer(Schema):
    """What guards say now, newest first."""

    findings = fields.List(fields.Nested(FindingAnswer), required=True)


#: How the canaries fare.
CanaryFigures = Schema.from_dict(
    {name: fields.Integer(required=True) for name in Figures().words()}, name="CanaryFigures"
)


class CanarySeen(Schema):
    """``waiting``: canaries that are still to be sent."""

    waiting = fields.Integer(required=True)
    figures = fields.Nested(CanaryFigures, required=True)


class CanaryAnswer(Schema):
    """Where the canary is, ``none`` without one; ``goes_on_at``: when it is looked at once more,
    if that is known.
    """

    state = fields.String(required=True, validate=validate.OneOf(("none", *STATES)))
    why = fields.String(required=True)
    size = fields.Integer(required=True)
    goes_on_at = Instant(required=True, allow_none=True)
    seen = fields.Nested(CanarySeen, required=True, allow_none=True)


@blueprint.get("/guards", scope="read", answer=GuardsAnswer)
def list_guards() -> Any:
    """What guards warn of or have stopped: campaigns, relays, streams."""
    with runtime().database.reading() as session:
        return {"findings": guarded.findings(session, caller().workspace_id)}


@blueprint.get("/guards/settings", scope="read", answer=GuardSettingsAnswer)
def get_guard_settings() -> Any:
    """From which figures on something is warned of or stopped."""
    with runtime().database.reading() as session:
        return guarded.settings(session, caller().workspace_id)


@blueprint.patch(
    "/guards/settings", scope="settings", body=GuardSettings, answer=GuardSettingsAnswer
)
def change_guard_settings(body: dict[str, Any]) -> Any:
    """Change the limits; they act on the next look."""
    with runtime().database.transaction() as session:
        return guarded.change(session, caller().workspace_id, body)


@blueprint.get(_CANARY, scope="read", answer=CanaryAnswer)
def get_campaign_canary(campaign_id: UUID) -> Any:
    """How those fare who got the campaign first, and when it goes on."""
    running = runtime()
    with running.database.reading() as session:
        return guarded.canary(session, caller().workspace_id, campaign_id, now=running.now())


@blueprint.post(f"{_CANARY}/go", scope="send", answer=CanaryAnswer, status=200)
def pass_campaign_canary(campaign_id: UUID) -> Any:
    """Do not wait for the canary: everybody else follows now."""
    running = runtime()
    with running.database.transaction() as session:
        passed = guarded.go_on(session, caller().workspace_id, campaign_id, now=running.now())
    running.poke()
    return passed
