"""What relays look like in the API: taken in, shown, checked and tested."""

from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from app.api.schemas import Email, Flag, Id, Instant, Name, Strict, Text, Whole
from app.rules.primary import SERVED
from app.rules.relay_fields import ENCRYPTIONS
from app.sending import relay_health
from app.sending.models import Relay
from app.sending.relay_values import warnings

_PORT = {"metadata": {"description": "1 to 65535; 587 goes with tls, 465 with ssl"}}


class _Rate(fields.Float):
    def _validated(self, value: Any) -> float:
        if isinstance(value, str):
            raise self.make_error("invalid")
        return super()._validated(value)


class _Secret(Text):
    """Kept to the letter, blanks at its ends included."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        super()._deserialize(value, attr, data, **kwargs)
        return str(value)


class RelayChanges(Strict):
    """What may be changed; what is not given stays, a blank password too."""

    name = Name()
    provider = Text(most=50)
    preset = Text(most=50, metadata={"description": "Fills host, port and encryption"})
    host = Text(least=1, most=255)
    port = Whole(least=1, most=65535, **_PORT)
    encryption = fields.String(validate=validate.OneOf(ENCRYPTIONS))
    username = Text(most=320)
    password = _Secret(most=2000, metadata={"format": "password", "writeOnly": True})
    from_email = Email()
    from_name = Text()
    reply_to_email = Text(most=320)
    reply_to_name = Text()
    description = Text(most=2000, lines=True)
    rate_per_second = _Rate(
        allow_none=True, validate=validate.Range(0, 100_000, min_inclusive=False)
    )
    hourly_limit = Whole(least=1, allow_none=True)
    daily_limit = Whole(least=1, allow_none=True)
    failover_priority = Whole(
        least=-(2**31),
        allow_none=True,
        metadata={"description": "Lower is asked first; null puts it last"},
    )
    exclude_from_failover = Flag(metadata={"description": "Only when pinned or the default"})
    mail_type = fields.String(
        validate=validate.OneOf(SERVED),
        metadata={"description": "Which mail it serves; all: the default, exactly one relay"},
    )
    is_default = Flag(metadata={"description": "true is mail_type all: taken over from the other"})
    default_for_users = fields.List(
        Id(),
        validate=validate.Length(0, 1_000),
        metadata={"description": "Members whose campaigns take it unless something else says not"},
    )
    enabled = Flag()
    max_connections = Whole(least=1, most=100)
    messages_per_connection = Whole(least=1, most=100_000)


class NewRelay(RelayChanges):
    """A relay that is to be; a preset fills host, port and encryption."""

    name = Name(required=True)
    from_email = Email(required=True)


class RemoveQuery(Strict):
    """Which relay takes over what counts on the one that is deleted."""

    reassign_to = Id()


class BreakerAnswer(Schema):
    """A relay's breaker."""

    state = fields.String(required=True, validate=validate.OneOf(["closed", "open", "probing"]))
    failures = fields.Integer(required=True)
    open_until = Instant(required=True, allow_none=True)


class RelayAnswer(Schema):
    """A relay; ``warnings`` are sentences about settings that are seldom meant."""

    id = Id(required=True)
    name = fields.String(required=True)
    provider = fields.String(required=True)
    preset = fields.String(required=True)
    host = fields.String(required=True)
    port = fields.Integer(required=True)
    encryption = fields.String(required=True)
    username = fields.String(required=True)
    has_password = fields.Boolean(required=True)
    from_email = fields.String(required=True)
    from_name = fields.String(required=True)
    reply_to_email = fields.String(required=True)
    reply_to_name = fields.String(required=True)
    description = fields.String(required=True)
    rate_per_second = fields.Float(required=True, allow_none=True)
    hourly_limit = fields.Integer(required=True, allow_none=True)
    daily_limit = fields.Integer(required=True, allow_none=True)
    failover_priority = fields.Integer(required=True)
    exclude_from_failover = fields.Boolean(required=True)
    mail_type = fields.String(required=True, validate=validate.OneOf(SERVED))
    is_default = fields.Boolean(required=True)
    default_for_users = fields.List(Id(), required=True)
    enabled = fields.Boolean(required=True)
    max_connections = fields.Integer(required=True)
    messages_per_connection = fields.Integer(required=True)
    breaker = fields.Nested(BreakerAnswer, required=True)
    last_fault = fields.String(required=True)
    last_fault_at = Instant(required=True, allow_none=True)
    warnings = fields.List(fields.String(), required=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


class BreakerChange(Strict):
    """What the breaker shall be now."""

    state = fields.String(required=True, validate=validate.OneOf(["closed", "open"]))


class TestMail(Strict):
    """To whom the test mail goes; ``html`` off sends plain text only."""

    to = Email(required=True)
    html = Flag(load_default=True)


class FaultAnswer(Schema):
    """Where it ended, in the server's words, and how to mend it."""

    phase = fields.String(required=True)
    code = fields.Integer(required=True, allow_none=True)
    text = fields.String(required=True)
    mend = fields.String(required=True)


class StepAnswer(Schema):
    """One step of opening a connection."""

    phase = fields.String(required=True)
    code = fields.Integer(required=True, allow_none=True)
    text = fields.String(required=True)
    milliseconds = fields.Integer(required=True)


class OffersAnswer(Schema):
    """What the server advertises."""

    pipelining = fields.Boolean(required=True)
    size = fields.Integer(required=True, allow_none=True)
    eight_bit_mime = fields.Boolean(required=True)
    smtputf8 = fields.Boolean(required=True)
    auth = fields.List(fields.String(), required=True)
    extensions = fields.List(fields.String(), required=True)


class CertificateAnswer(Schema):
    """The verified certificate of the server, and the TLS in use."""

    subject = fields.String(required=True)
    issuer = fields.String(required=True)
    expires_at = Instant(required=True, allow_none=True)
    tls = fields.String(required=True)
    cipher = fields.String(required=True)


class CheckAnswer(Schema):
    """Whether the relay answers and takes the login."""

    ok = fields.Boolean(required=True)
    steps = fields.List(fields.Nested(StepAnswer), required=True)
    offers = fields.Nested(OffersAnswer, required=True, allow_none=True)
    certificate = fields.Nested(CertificateAnswer, required=True, allow_none=True)
    fault = fields.Nested(FaultAnswer, required=True, allow_none=True)


class ReplyAnswer(Schema):
    """The reply that decided."""

    phase = fields.String(required=True)
    code = fields.Integer(required=True, allow_none=True)
    text = fields.String(required=True)


class TestAnswer(Schema):
    """What became of the test mail; ``log`` is the conversation without secrets."""

    ok = fields.Boolean(required=True)
    reply = fields.Nested(ReplyAnswer, required=True)
    fault = fields.Nested(FaultAnswer, required=True, allow_none=True)
    log = fields.List(fields.String(), required=True)


def shown(relay: Relay, users: list[UUID], now: datetime) -> dict[str, Any]:
    """A relay as it is rendered; its password never leaves. ``users``: whose default it is."""
    plain = {name: getattr(relay, name, None) for name in RelayAnswer().fields}
    return plain | {
        "default_for_users": users,
        "has_password": bool(relay.secret),
        "breaker": relay_health.health(relay, now),
        "warnings": warnings(relay),
    }
