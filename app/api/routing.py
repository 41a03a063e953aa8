"""Routing: which relay a mail would take, and why."""

from typing import Any

from marshmallow import Schema, fields, validate

from app.api.access import caller, runtime
from app.api.routes import Routes
from app.api.schemas import Email, Id, Instant, Strict
from app.campaigns import dry_run
from app.rules.primary import MAIL_TYPES
from app.rules.routing import STREAMS

blueprint = Routes("routing", "Which relay a mail takes, and why.")


class MailToExplain(Strict):
    """A campaign's mail, or one that is only imagined; what is said here outranks the campaign."""

    campaign_id = Id()
    relay_id = Id(allow_none=True, metadata={"description": "The pin"})
    mail_type = fields.String(validate=validate.OneOf(MAIL_TYPES))
    stream = fields.String(validate=validate.OneOf(STREAMS))
    from_email = Email()


class StepTaken(Schema):
    """One way of choosing the first relay, and what came of it."""

    by = fields.String(required=True)
    relay_id = Id(required=True, allow_none=True)
    taken = fields.Boolean(required=True)
    why = fields.String(required=True)


class RelayAsked(Schema):
    """A relay that may be asked, in its order; why it is not free now, and until when."""

    relay_id = Id(required=True)
    name = fields.String(required=True)
    free = fields.Boolean(required=True)
    why = fields.String(required=True)
    until = Instant(required=True, allow_none=True)


class ExplanationAnswer(Schema):
    """What would happen now; ``halt`` means that a person must mend something first."""

    decision = fields.String(required=True, validate=validate.OneOf(["send", "wait", "halt"]))
    relay_id = Id(required=True, allow_none=True)
    primary_id = Id(required=True, allow_none=True)
    why = fields.String(required=True)
    until = Instant(required=True, allow_none=True)
    steps = fields.List(fields.Nested(StepTaken), required=True)
    chain = fields.List(fields.Nested(RelayAsked), required=True)


@blueprint.post(
    "/routing/explain", scope="read", body=MailToExplain, answer=ExplanationAnswer, status=200
)
def explain_routing(body: dict[str, Any]) -> Any:
    """Say which relay a mail would take now, and why; sends nothing."""
    running, who = runtime(), caller()
    with running.database.reading() as session:
        return dry_run.explain(
            session, who.workspace_id, body, user_id=who.user_id, now=running.now()
        )
