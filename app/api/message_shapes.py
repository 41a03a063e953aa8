"""How a message looks in the API: what may be asked for, and what is answered."""

from typing import Any

from marshmallow import EXCLUDE, Schema, fields, validate

from app.api.attempt_shapes import AttemptAnswer
from app.api.paging import PageQuery
from app.api.schemas import Email, Id, Instant, Name, Strict, Text
from app.rules.routing.chain import STREAMS
from app.sending.ledger.balance import STATES

_MOST_RECIPIENTS = 50
_MOST_HEADERS = 50
_MOST_FILES = 50
_LONGEST_BODY = 500_000
_LONGEST_LINE = 900


class AttachmentValues(Strict):
    """A file; with a ``content_id`` the HTML can show it as ``cid:CONTENT_ID``."""

    name = Name(required=True)
    type = Text(least=3, most=130, load_default="application/octet-stream")
    content = fields.String(required=True, metadata={"description": "base64"})
    content_id = Text(most=120, load_default="")


class _Recipients(fields.List[Any]):
    """Addresses, or one of them by itself."""

    def _deserialize(self, value: Any, *more: Any, **other: Any) -> list[Any]:
        return super()._deserialize([value] if isinstance(value, str) else value, *more, **other)


class MessageValues(Strict):
    """A mail for one recipient, or the same for several: each gets a message of their own."""

    to = _Recipients(
        Email(),
        required=True,
        validate=validate.Length(1, _MOST_RECIPIENTS),
        metadata={
            "description": "One address may stand by itself. Each sees only their own address",
            "type": ["array", "string"],
        },
    )
    subject = Text(required=True, least=1, most=_LONGEST_LINE, metadata={"description": "Liquid"})
    html = Text(most=_LONGEST_BODY, lines=True, metadata={"description": "Liquid"})
    text = Text(
        most=_LONGEST_BODY,
        lines=True,
        metadata={"description": "Liquid; made from the HTML when empty"},
    )
    data = fields.Dict(
        keys=Name(),
        metadata={"description": "What the templates see: {{ order.number }}"},
    )
    from_email = Email(allow_none=True)
    from_name = Text(allow_none=True)
    reply_to_email = Email(allow_none=True)
    reply_to_name = Text(allow_none=True)
    relay_id = Id(allow_none=True, metadata={"description": "Pins the mail to this relay"})
    stream = fields.String(
        validate=validate.OneOf(STREAMS),
        metadata={"description": "transactional unless said; failover keeps streams apart"},
    )
    headers = fields.Dict(
        keys=Name(),
        values=Text(most=_LONGEST_LINE),
        validate=validate.Length(0, _MOST_HEADERS),
        metadata={"description": "X-... and a few others"},
    )
    attachments = fields.List(
        fields.Nested(AttachmentValues), validate=validate.Length(0, _MOST_FILES)
    )
    at = Instant(allow_none=True, metadata={"description": "Not before this moment"})


class OnceHeader(Schema):
    """Makes a repeated request harmless."""

    class Meta:
        unknown = EXCLUDE

    key = fields.String(
        data_key="Idempotency-Key",
        load_default=None,
        validate=validate.Regexp(r"[\x21-\x7e]{1,255}\Z", error="Takes 1 to 255 visible letters."),
        metadata={
            "description": "The same key with the same body gives the same answer, for 48 hours"
        },
    )


class TakenOn(Schema):
    """A message that will be delivered."""

    id = Id(required=True)
    to = fields.String(required=True)


class MessagesAnswer(Schema):
    """What was taken on, in the order of the recipients; who was named twice is there once.
    ``id`` is that of the first, for those who write to one.
    """

    id = Id(required=True)
    messages = fields.List(fields.Nested(TakenOn), required=True)


class MessageQuery(PageQuery):
    """Which messages."""

    state = fields.String(load_default=None, validate=validate.OneOf(STATES))
    to = Text(load_default=None, least=1, most=320)
    since = Instant(load_default=None, metadata={"description": "Handed in then or later"})
    until = Instant(load_default=None, metadata={"description": "Handed in before then"})


def _text() -> fields.Field[Any]:
    return fields.String(required=True)


def _moment() -> fields.Field[Any]:
    return Instant(required=True, allow_none=True)


_SUMMARY: dict[str, Any] = {
    "id": Id(required=True),
    "to": _text(),
    "contact_id": Id(required=True, allow_none=True),
    "subject": _text(),
    "state": fields.String(required=True, validate=validate.OneOf(STATES)),
    "reason": _text(),
    "stream": _text(),
    "relay_id": Id(required=True, allow_none=True, metadata={"description": "The pin"}),
    "from_email": _text(),
    "created_at": Instant(required=True),
    "send_at": Instant(required=True),
    "finished_at": _moment(),
    "next": fields.String(required=True, metadata={"description": "What happens next, in words"}),
    "next_at": _moment(),
}


MessageSummary = Schema.from_dict(_SUMMARY, name="MessageSummary")
MessageAnswer = Schema.from_dict(
    {**_SUMMARY, "attempts": fields.List(fields.Nested(AttemptAnswer), required=True)},
    name="MessageAnswer",
)


class MessageVerdict(Strict):
    """Of a message in doubt: it went, or send it again."""

    verdict = fields.String(required=True, validate=validate.OneOf(("sent", "again")))


class MessageVerdicts(MessageVerdict):
    """The same of several."""

    ids = fields.List(
        Id(),
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 1_000),
        metadata={"description": "Every message in doubt when none is named"},
    )
