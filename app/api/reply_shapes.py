"""What replies and the rules about them look like in the API."""

from typing import Any

from marshmallow import Schema, fields, validate

from app.api.schemas import Flag, Id, Instant, Name, Strict, Text, Whole
from app.rules.replies.meaning import ABOUT, ELSEWHERE, PHASES, Verdict
from app.rules.replies.own_replies import OUTCOMES
from app.sending.replies.explaining import Meaning

_PHASES = (*PHASES, *ELSEWHERE)
_WHOM = sorted({one for whom in ABOUT.values() for one in whom})
_SOURCES = ("own", "service", "everywhere", "rest")


class ReplyRuleChanges(Strict):
    """What may be changed. Which answers: what is empty fits all; what they mean: the outcome."""

    name = Name()
    position = Whole(allow_none=True, metadata={"description": "Asked in this order; null: last"})
    enabled = Flag()
    preset = Text(most=50, metadata={"description": "Only relays of this service"})
    relay_id = Id(allow_none=True, metadata={"description": "Only this relay"})
    phase = fields.String(
        validate=validate.OneOf(("", *_PHASES)),
        metadata={"description": "What the answer is to; empty: anything from MAIL on"},
    )
    code = Text(most=3, metadata={"description": "450, 45x or 4xx"})
    enhanced = Text(most=9, metadata={"description": "5.7.1 or 5.7.*"})
    text = Text(
        most=300,
        metadata={"description": "Words in this order, * between them for anything"},
    )
    outcome = fields.String(validate=validate.OneOf(OUTCOMES))
    about = fields.String(
        validate=validate.OneOf(("", *_WHOM)),
        metadata={"description": "Empty: whom the outcome usually is about"},
    )
    quota = Flag(metadata={"description": "throttled for hours: other relays may help"})
    suppress = Flag(metadata={"description": "bounced: never write to the address again"})


class NewReplyRule(ReplyRuleChanges):
    """A rule that is to be; it says at least a code, an enhanced code or words."""

    name = Name(required=True)
    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES))


class ReplyRuleAnswer(Schema):
    """A rule about replies."""

    id = Id(required=True)
    name = fields.String(required=True)
    position = fields.Integer(required=True)
    enabled = fields.Boolean(required=True)
    preset = fields.String(required=True)
    relay_id = Id(required=True, allow_none=True)
    phase = fields.String(required=True)
    code = fields.String(required=True)
    enhanced = fields.String(required=True)
    text = fields.String(required=True)
    outcome = fields.String(required=True)
    about = fields.String(required=True)
    quota = fields.Boolean(required=True)
    suppress = fields.Boolean(required=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


class UnknownReplyAnswer(Schema):
    """An answer that no rule knows; ``kind``: what all that were counted have in common."""

    id = Id(required=True)
    relay_id = Id(required=True)
    phase = fields.String(required=True)
    code = fields.Integer(required=True)
    kind = fields.String(required=True)
    example = fields.String(required=True)
    count = fields.Integer(required=True)
    first_seen = Instant(required=True)
    last_seen = Instant(required=True)


class ReplyToExplain(Strict):
    """An answer, real or imagined; ``code`` null is silence."""

    phase = fields.String(required=True, validate=validate.OneOf(_PHASES))
    code = Whole(required=True, least=200, most=599, allow_none=True)
    text = Text(most=500, load_default="")
    relay_id = Id(metadata={"description": "The relay that says it; not given: any"})


class RuleSaysAnswer(Schema):
    """A rule that fits an answer; ``rest``: phase and code decide where words are not known."""

    name = fields.String(required=True)
    source = fields.String(required=True, validate=validate.OneOf(_SOURCES))
    id = Id(required=True, allow_none=True)
    outcome = fields.String(required=True)
    about = fields.String(required=True)


class MeaningAnswer(Schema):
    """What an answer means; the first of the rules decides, the others would have fitted too."""

    outcome = fields.String(required=True)
    about = fields.String(required=True, validate=validate.OneOf(_WHOM))
    quota = fields.Boolean(required=True)
    suppress = fields.Boolean(required=True)
    known = fields.Boolean(required=True)
    then = fields.String(required=True)
    rules = fields.List(fields.Nested(RuleSaysAnswer), required=True)


def meaning(found: Meaning) -> dict[str, Any]:
    """A meaning as it is rendered."""
    rules = [
        {"name": one.name, "source": one.source, "id": one.id, **_said(one.verdict)}
        for one in found.fit
    ]
    verdict = found.verdict
    return _said(verdict) | {
        "quota": verdict.quota,
        "suppress": bool(verdict.suppress),
        "known": found.known,
        "then": found.then,
        "rules": rules,
    }


def _said(verdict: Verdict) -> dict[str, Any]:
    return {"outcome": verdict.outcome, "about": verdict.whom}
