"""What relays look like in the API: taken in and shown."""

from datetime import datetime
from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from app.api.return_path_shapes import (
    RETURN_PATH,
    SENDERS,
    EnvelopeAnswer,
    SenderAnswer,
    envelope_of,
)
from app.api.schemas import Day, Email, Flag, Id, Instant, Name, Strict, Text, Whole
from app.rules.pace.warm_up import FIRST, GROWTH, LEAST_GROWTH, MOST_GROWTH
from app.rules.relay_fields import ENCRYPTIONS
from app.rules.routing.chain import STREAMS
from app.rules.routing.primary import SERVED
from app.sending.models import Relay
from app.sending.relays import health, limiting, throttling, views
from app.sending.relays.values import warnings
from app.sending.relays.views import Beside

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


class WarmUpPlan(Strict):
    """Little on the first day, ``growth`` times as much each day, free from ``target`` on."""

    start = Day(required=True, metadata={"description": "In the workspace's time zone"})
    first_day = Whole(least=1, load_default=FIRST)
    growth = _Rate(load_default=GROWTH, validate=validate.Range(LEAST_GROWTH, MOST_GROWTH))
    target = Whole(least=2, required=True)


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
    return_path = Text(most=320, metadata=RETURN_PATH)
    verified_senders = fields.List(
        Text(least=1, most=320), validate=validate.Length(0, 200), metadata=SENDERS
    )
    description = Text(most=2000, lines=True)
    rate_per_second = _Rate(
        allow_none=True, validate=validate.Range(0, 100_000, min_inclusive=False)
    )
    minute_limit = Whole(least=1, allow_none=True)
    hourly_limit = Whole(least=1, allow_none=True)
    daily_limit = Whole(least=1, allow_none=True)
    rolling_day = Flag(
        metadata={"description": "daily_limit counts for any 24 hours, not for a calendar day"}
    )
    warm_up = fields.Nested(WarmUpPlan, allow_none=True)
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
    stream = fields.String(
        validate=validate.OneOf(STREAMS),
        metadata={"description": "What kind of mail it is kept for; marketing unless said"},
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


class TodayAnswer(Schema):
    """How much it may begin today, how much it began, and the day of its warm-up; ``next_at``: when
    the next mail may begin, where a limit is used up.
    """

    daily_limit = fields.Integer(required=True, allow_none=True)
    begun = fields.Integer(required=True)
    warm_up_day = fields.Integer(required=True, allow_none=True)
    next_at = Instant(required=True, allow_none=True)


class RateStepAnswer(Schema):
    """The next rise of a rate."""

    at = Instant(required=True)
    rate = fields.Float(required=True)


class ThrottleAnswer(Schema):
    """How a relay is held back after it asked to slow down; rates are messages per second."""

    rate = fields.Float(required=True)
    ceiling = fields.Float(required=True)
    since = Instant(required=True)
    why = fields.String(required=True)
    paused_until = Instant(required=True, allow_none=True)
    next_step = fields.Nested(RateStepAnswer, required=True, allow_none=True)


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
    return_path = fields.String(required=True)
    verified_senders = fields.List(fields.Nested(SenderAnswer), required=True)
    envelope = fields.Nested(EnvelopeAnswer, required=True)
    description = fields.String(required=True)
    rate_per_second = fields.Float(required=True, allow_none=True)
    minute_limit = fields.Integer(required=True, allow_none=True)
    hourly_limit = fields.Integer(required=True, allow_none=True)
    daily_limit = fields.Integer(required=True, allow_none=True)
    rolling_day = fields.Boolean(required=True)
    warm_up = fields.Nested(WarmUpPlan, required=True, allow_none=True)
    warm_up_frozen = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Days after which the plan did not grow: too much came back"},
    )
    today = fields.Nested(TodayAnswer, required=True)
    failover_priority = fields.Integer(required=True)
    exclude_from_failover = fields.Boolean(required=True)
    mail_type = fields.String(required=True, validate=validate.OneOf(SERVED))
    stream = fields.String(required=True, validate=validate.OneOf(STREAMS))
    is_default = fields.Boolean(required=True)
    default_for_users = fields.List(Id(), required=True)
    enabled = fields.Boolean(required=True)
    paused_at = Instant(required=True, allow_none=True)
    paused_reason = fields.String(required=True)
    max_connections = fields.Integer(required=True)
    messages_per_connection = fields.Integer(required=True)
    breaker = fields.Nested(BreakerAnswer, required=True)
    distrusted_since = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "It refused everybody: no refusal of a recipient is believed"},
    )
    throttle = fields.Nested(ThrottleAnswer, required=True, allow_none=True)
    rests_until = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "A quota is used up, or there were too many logins"},
    )
    last_fault = fields.String(required=True)
    last_fault_at = Instant(required=True, allow_none=True)
    warnings = fields.List(fields.String(), required=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


class BreakerChange(Strict):
    """What the breaker shall be now."""

    state = fields.String(required=True, validate=validate.OneOf(["closed", "open"]))


def shown(relay: Relay, known: Beside, now: datetime) -> dict[str, Any]:
    """A relay as it is rendered; its password never leaves."""
    plain = {name: getattr(relay, name, None) for name in RelayAnswer().fields}
    return plain | {
        "default_for_users": known.users.get(relay.id, ()),
        "today": views.today(relay, now, known.zone),
        "has_password": bool(relay.secret),
        "breaker": health.health(relay, now),
        "throttle": throttling.view(relay, now),
        "rests_until": throttling.rests_until(relay, now),
        "envelope": envelope_of(relay),
        "warnings": [*warnings(relay), *limiting.exceeded(relay, now, known.zone)],
    }


def shown_alone(session: Session, relay: Relay, now: datetime) -> dict[str, Any]:
    """One relay by itself."""
    return shown(relay, views.beside(session, relay.workspace_id), now)
