"""How spread, canary and sending window of a campaign look in the API."""

from typing import Any

from marshmallow import fields, validate

from app.api.schemas import Share, Strict, Whole
from app.rules.health.canary import LIMITS, WAIT_MINUTES
from app.rules.pace.spread import MOST_MINUTES
from app.rules.pace.windows import DAYS, ZONES

_CLOCK = validate.Regexp(r"^([01]\d|2[0-3]):[0-5]\d$", error="A time is HH:MM, such as 09:30.")
_CLOCK_OR_MIDNIGHT = validate.Regexp(
    r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", error="A time is HH:MM, such as 17:30 or 24:00."
)


class SpreadValues(Strict):
    """Evenly over ``minutes``; or each recipient after a delay of her own, by chance, the same
    whenever it is asked.
    """

    minutes = Whole(least=1, most=MOST_MINUTES)
    min_seconds = Whole(least=0, most=MOST_MINUTES * 60)
    max_seconds = Whole(least=1, most=MOST_MINUTES * 60)


WindowValues = Strict.from_dict(
    {
        "days": fields.List(
            fields.String(validate=validate.OneOf(DAYS)),
            load_default=lambda: list(DAYS),
            validate=validate.Length(1, len(DAYS)),
        ),
        "from": fields.String(required=True, validate=_CLOCK),
        "to": fields.String(required=True, validate=_CLOCK_OR_MIDNIGHT),
        "zone": fields.String(
            load_default=ZONES[0],
            validate=validate.OneOf(ZONES),
            metadata={"description": "Whose clock counts; recipient: the contact's timezone"},
        ),
    },
    name="WindowValues",
)


#: The shares from which on the campaign halts itself.
CanaryLimits = Strict.from_dict({name: Share() for name in LIMITS}, name="CanaryLimits")


class CanaryValues(Strict):
    """A share of the audience, or so many, go first; then it is waited and looked at them."""

    share = Share()
    count = Whole(least=1)
    wait_minutes = Whole(load_default=WAIT_MINUTES, least=0, most=MOST_MINUTES)
    limits = fields.Nested(CanaryLimits)


def pace(**more: Any) -> dict[str, Any]:
    """The fields, as they are given or answered."""
    return {
        "spread": fields.Nested(SpreadValues, allow_none=True, **more),
        "canary": fields.Nested(CanaryValues, allow_none=True, **more),
        "sending_window": fields.Nested(WindowValues, allow_none=True, **more),
    }
