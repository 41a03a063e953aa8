"""How a campaign looks in the API: what may be said about one, and what is answered."""

from typing import Any

from marshmallow import Schema, fields, validate

from app.api.attempt_shapes import AttemptAnswer
from app.api.pace_shapes import pace
from app.api.paging import PageQuery
from app.api.schemas import Email, Flag, Id, Instant, Name, Strict, Text, Whole
from app.campaigns.models import PROMISES, STATUSES
from app.campaigns.rotation import STRATEGIES
from app.rules.routing.chain import STREAMS
from app.rules.routing.pinning import SENDER_FIELDS
from app.rules.routing.primary import MAIL_TYPES
from app.rules.routing.rotation import MOST_MEMBERS, MOST_WEIGHT
from app.sending.ledger.balance import STATES

_MOST_GROUPS = 1_000
_LONGEST_BODY = 500_000
_LONGEST_LINE = 900


def _groups() -> fields.Field[Any]:
    return fields.List(
        Name(),
        validate=validate.Length(0, _MOST_GROUPS),
        metadata={"description": "Ids or names"},
    )


class Groups(Strict):
    """Lists and tags: whoever is in any of them."""

    lists = _groups()
    tags = _groups()


#: Everybody, or whoever is included; without those excluded.
AudienceValues = Strict.from_dict(
    {"all": Flag(), "include": fields.Nested(Groups), "exclude": fields.Nested(Groups)},
    name="AudienceValues",
)


def _line(about: str) -> fields.Field[Any]:
    return Text(most=_LONGEST_LINE, metadata={"description": f"Liquid; {about}"})


def _body(about: str) -> fields.Field[Any]:
    return Text(most=_LONGEST_BODY, lines=True, metadata={"description": f"Liquid; {about}"})


class PoolMember(Strict):
    """A relay of the pool and its share, in proportion to the other weights."""

    relay_id = Id(required=True)
    weight = Whole(least=1, most=MOST_WEIGHT, load_default=1)


def _pool(**more: Any) -> fields.Field[Any]:
    return fields.List(fields.Nested(PoolMember), validate=validate.Length(0, MOST_MEMBERS), **more)


_SAID: dict[str, fields.Field[Any]] = {
    "mail_type": fields.String(
        validate=validate.OneOf(MAIL_TYPES),
        metadata={"description": "newsletter unless said; chooses the relay when none is pinned"},
    ),
    "stream": fields.String(
        validate=validate.OneOf(STREAMS),
        metadata={"description": "marketing unless said; failover keeps streams apart"},
    ),
    "subject": _line("what the mail is about"),
    "preheader": _line("shown beside the subject in many mailboxes"),
    "html": _body("what contacts bring is escaped"),
    "text": _body("made from the HTML when empty"),
    "relay_id": Id(
        allow_none=True,
        metadata={"description": "Pins the campaign to this relay and takes over its sender"},
    ),
    "send_strategy": fields.String(
        validate=validate.OneOf(STRATEGIES),
        metadata={"description": "rotate: the relays of the pool take turns by their weights"},
    ),
    "pool": _pool(),
    "from_email": Email(allow_none=True),
    "from_name": Text(allow_none=True),
    "reply_to_email": Email(allow_none=True),
    "reply_to_name": Text(allow_none=True),
    "audience": fields.Nested(AudienceValues),
    "not_later_than": Instant(
        allow_none=True,
        metadata={"description": "What is not sent by then is paused; null: whenever it can be"},
    ),
    **pace(),
    "promise": fields.String(
        validate=validate.OneOf(PROMISES),
        metadata={
            "description": "Of a mail of which nobody knows whether it went: leave it (the default)"
            " or send it again"
        },
    ),
}

CampaignValues = Strict.from_dict({"name": Name(required=True), **_SAID}, name="CampaignValues")
CampaignChanges = Strict.from_dict({"name": Name(), **_SAID}, name="CampaignChanges")


class Launch(Strict):
    """When: at once, or at a moment to come."""

    at = Instant(allow_none=True, load_default=None)


class Copy(Strict):
    """What the copy is called."""

    name = Name(load_default=None, allow_none=True)


class Reader(Strict):
    """For whom to render: the first of the audience when nobody is named."""

    contact_id = Id(load_default=None, allow_none=True)


class CampaignQuery(PageQuery):
    """Which campaigns."""

    status = fields.String(load_default=None, validate=validate.OneOf(STATUSES))


class DeliveryQuery(PageQuery):
    """Which deliveries: in one state, or to one address."""

    state = fields.String(load_default=None, validate=validate.OneOf(STATES))
    email = Text(load_default=None, least=1, most=320)


def _text() -> fields.Field[Any]:
    return fields.String(required=True)


def _moment() -> fields.Field[Any]:
    return Instant(required=True, allow_none=True)


_SUMMARY: dict[str, Any] = {
    "id": Id(required=True),
    "name": _text(),
    "status": fields.String(required=True, validate=validate.OneOf(STATUSES)),
    "status_reason": _text(),
    "mail_type": fields.String(required=True, validate=validate.OneOf(MAIL_TYPES)),
    "stream": fields.String(required=True, validate=validate.OneOf(STREAMS)),
    "subject": _text(),
    "relay_id": Id(required=True, allow_none=True),
    "send_strategy": fields.String(required=True, validate=validate.OneOf(STRATEGIES)),
    "pool": _pool(required=True),
    **{name: _text() for name in SENDER_FIELDS},
    "send_at": _moment(),
    "not_later_than": _moment(),
    "launched_at": _moment(),
    "completed_at": _moment(),
    "created_at": Instant(required=True),
    "updated_at": Instant(required=True),
}

CampaignSummary = Schema.from_dict(_SUMMARY, name="CampaignSummary")
CampaignAnswer = Schema.from_dict(
    {
        **_SUMMARY,
        "preheader": _text(),
        "html": _text(),
        "text": _text(),
        "overridden": fields.List(
            fields.String(),
            required=True,
            metadata={"description": "Sender fields set by hand; another pin leaves them"},
        ),
        "audience": fields.Dict(required=True),
        **pace(required=True),
        "promise": fields.String(required=True, validate=validate.OneOf(PROMISES)),
    },
    name="CampaignAnswer",
)


class AudienceSize(Schema):
    """How many people a campaign would go to now."""

    count = fields.Integer(required=True)


class WaitsAnswer(Schema):
    """For what mails that are queued wait, and until when; null: until a person does something."""

    why = _text()
    until = _moment()


class BalanceAnswer(Schema):
    """How many recipients are in each state; the sum is the audience. ``waits``: why no relay would
    take one of the queued now, null where one would.
    """

    audience = fields.Integer(required=True)
    states = fields.Nested(
        Schema.from_dict(
            {state: fields.Integer(required=True) for state in STATES}, name="BalanceStates"
        ),
        required=True,
    )
    waits = fields.Nested(WaitsAnswer, required=True, allow_none=True)


class DeliveryAnswer(Schema):
    """One recipient: the state, why, and every attempt."""

    email = _text()
    contact_id = Id(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    reason = _text()
    due_at = _moment()
    finished_at = _moment()
    attempts = fields.List(fields.Nested(AttemptAnswer), required=True)


class PreviewAnswer(Schema):
    """The mail as a person would read it."""

    subject = _text()
    html = _text()
    text = _text()
