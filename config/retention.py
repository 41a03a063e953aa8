"""How long what is over is kept, as an operator sets it."""

from collections.abc import Mapping

from marshmallow import RAISE, Schema, fields, validate


def _days() -> fields.Integer:
    return fields.Integer(required=True, validate=validate.Range(0, 3650))


class RetentionShape(Schema):
    """Days; 0: for ever."""

    class Meta:
        unknown = RAISE

    content = _days()
    messages = _days()
    alerts = _days()
    uploads = _days()


def days(values: Mapping[str, int]) -> dict[str, int | None]:
    """The same with None for what is kept for ever."""
    return {what: count or None for what, count in values.items()}
