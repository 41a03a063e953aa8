"""Why did or didn't she get this mail: one call, one sentence, and what it rests on."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from app.api.access import caller, runtime
from app.api.attempt_shapes import AttemptAnswer, HeardAnswer
from app.api.routes import Routes
from app.api.routing import ExplanationAnswer
from app.api.schemas import Email, Id, Instant, Strict
from app.campaigns import trace
from app.sending.ledger.balance import STATES

blueprint = Routes("trace", "Why somebody got a campaign, or not.")


def _text() -> Any:
    return fields.String(required=True)


def _moment() -> Any:
    return Instant(required=True, allow_none=True)


class TraceQuery(Strict):
    """Whom: an address, which need not be a contact's, or a contact."""

    email = Email()
    contact_id = Id()


class NextAnswer(Schema):
    """What happens next, and when; null when nobody can say."""

    what = _text()
    at = _moment()


class TraceContact(Schema):
    """The contact with this address."""

    id = Id(required=True)
    status = _text()
    created_at = Instant(required=True)


class WayAnswer(Schema):
    """A list or tag of the audience that she is on."""

    kind = fields.String(required=True, validate=validate.OneOf(["list", "tag"]))
    name = _text()
    since = Instant(required=True)


class MembershipAnswer(Schema):
    """Her place in the audience; ``outside`` says why she is out, "" when she is in."""

    everybody = fields.Boolean(required=True)
    by = fields.List(fields.Nested(WayAnswer), required=True)
    excluded_by = fields.List(fields.Nested(WayAnswer), required=True)
    outside = _text()


class TraceSuppression(Schema):
    """Why this address is never written to."""

    reason = _text()
    detail = _text()
    since = Instant(required=True, attribute="created_at")


class TraceAttempt(AttemptAnswer):
    """One try; ``role`` by the routing of today: primary or failover."""

    role = _text()
    round = fields.Integer(required=True)


class TraceDelivery(Schema):
    """Her line in the ledger."""

    state = fields.String(required=True, validate=validate.OneOf(STATES))
    reason = _text()
    due_at = _moment()
    finished_at = _moment()
    attempts = fields.List(fields.Nested(TraceAttempt), required=True)
    events = fields.List(fields.Nested(HeardAnswer), required=True)


def _perhaps(shape: type[Schema]) -> Any:
    return fields.Nested(shape, required=True, allow_none=True)


class TraceAnswer(Schema):
    """The answer in a sentence, what happens next, and everything they rest on."""

    email = _text()
    answer = _text()
    next = fields.Nested(NextAnswer, required=True)
    contact = _perhaps(TraceContact)
    membership = _perhaps(MembershipAnswer)
    suppression = _perhaps(TraceSuppression)
    suppressed_at_launch = fields.Boolean(required=True, allow_none=True)
    delivery = _perhaps(TraceDelivery)
    routing = _perhaps(ExplanationAnswer)


@blueprint.get(
    "/campaigns/<uuid:campaign_id>/trace", scope="read", query=TraceQuery, answer=TraceAnswer
)
def trace_campaign(campaign_id: UUID, query: dict[str, Any]) -> Any:
    """Say why somebody got this campaign or not: audience, suppression, routing, tries, events."""
    running = runtime()
    with running.database.reading() as session:
        return trace.trace(
            session,
            caller().workspace_id,
            campaign_id,
            email=query.get("email"),
            contact_id=query.get("contact_id"),
            now=running.now(),
        )
