"""Routing: which relay a mail would take, and why."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from app.api.access import caller, runtime
from app.api.paging import PageQuery, page_of
from app.api.routes import Routes
from app.api.schemas import Email, Flag, Id, Instant, Name, Strict, Text, Whole
from app.campaigns import dry_run
from app.rules.routing.chain import STREAMS
from app.rules.routing.primary import MAIL_TYPES
from app.rules.routing.rule import FIELDS, OPERATORS
from app.sending.routing import rules

blueprint = Routes("routing", "Which relay a mail takes, and why.")

_RULE = "/routing/rules/<uuid:rule_id>"


class MailToExplain(Strict):
    """A campaign's mail, or one that is only imagined; what is said here outranks the campaign."""

    campaign_id = Id()
    relay_id = Id(allow_none=True, metadata={"description": "The pin"})
    mail_type = fields.String(validate=validate.OneOf(MAIL_TYPES))
    stream = fields.String(validate=validate.OneOf(STREAMS))
    from_email = Email()
    from_name = Text()
    subject = Text(most=900, metadata={"description": "As the recipient reads it"})
    message = Text(
        most=100_000, lines=True, metadata={"description": "The text as the recipient reads it"}
    )
    to = Email(metadata={"description": "Brings the lists and tags of this contact"})
    lists = fields.List(Name(), validate=validate.Length(0, 1_000))
    tags = fields.List(Name(), validate=validate.Length(0, 1_000))
    cc = fields.List(Email(), validate=validate.Length(0, 100))
    bcc = fields.List(Email(), validate=validate.Length(0, 100))
    headers = fields.List(
        Name(),
        validate=validate.Length(0, 100),
        metadata={"description": "Each as it stands in the mail, Name: value"},
    )


class ConditionValues(Strict):
    """One look at one field of a mail; upper and lower case are the same."""

    field = fields.String(required=True, validate=validate.OneOf(FIELDS))
    operator = fields.String(required=True, validate=validate.OneOf(OPERATORS))
    value = Text(required=True, least=1, most=900)


def _groups(**more: Any) -> Any:
    group = fields.List(fields.Nested(ConditionValues), validate=validate.Length(1, 20))
    return fields.List(group, validate=validate.Length(1, 20), **more)


class RuleChanges(Strict):
    """What may be changed; all conditions of a group must hold, and one group is enough."""

    name = Name()
    relay_id = Id()
    groups = _groups()
    position = Whole(allow_none=True, metadata={"description": "Asked in this order; null: last"})
    enabled = Flag()


class NewRule(RuleChanges):
    """A rule that is to be."""

    name = Name(required=True)
    relay_id = Id(required=True)
    groups = _groups(required=True)


class RuleAnswer(Schema):
    """A routing rule."""

    id = Id(required=True)
    name = fields.String(required=True)
    position = fields.Integer(required=True)
    relay_id = Id(required=True)
    enabled = fields.Boolean(required=True)
    groups = _groups(required=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


@blueprint.get("/routing/rules", scope="read", query=PageQuery, answer=page_of(RuleAnswer))
def list_routing_rules(query: dict[str, Any]) -> Any:
    """The routing rules in the order in which they are asked."""
    with runtime().database.reading() as session:
        return rules.listed(
            session, caller().workspace_id, number=query["page"], per_page=query["per_page"]
        )


@blueprint.post("/routing/rules", scope="settings", body=NewRule, answer=RuleAnswer)
def create_routing_rule(body: dict[str, Any]) -> Any:
    """Add a routing rule; it acts on the next message."""
    running = runtime()
    with running.database.transaction() as session:
        made = rules.create(session, caller().workspace_id, body, now=running.now())
    running.poke()
    return made


@blueprint.get(_RULE, scope="read", answer=RuleAnswer)
def get_routing_rule(rule_id: UUID) -> Any:
    """One routing rule."""
    with runtime().database.reading() as session:
        return rules.get(session, caller().workspace_id, rule_id)


@blueprint.patch(_RULE, scope="settings", body=RuleChanges, answer=RuleAnswer)
def change_routing_rule(rule_id: UUID, body: dict[str, Any]) -> Any:
    """Change a routing rule; it acts on the next message."""
    running = runtime()
    with running.database.transaction() as session:
        changed = rules.change(session, caller().workspace_id, rule_id, body, now=running.now())
    running.poke()
    return changed


@blueprint.delete(_RULE, scope="settings")
def delete_routing_rule(rule_id: UUID) -> None:
    """Delete a routing rule."""
    with runtime().database.transaction() as session:
        rules.remove(session, caller().workspace_id, rule_id)
    runtime().poke()


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
