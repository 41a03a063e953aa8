"""How contacts come in, as an operator sets it."""

from marshmallow import RAISE, Schema, fields, validate


class SyncShape(Schema):
    """``largest_upload``: bytes."""

    class Meta:
        unknown = RAISE

    parallel = fields.Integer(required=True, validate=validate.Range(1, 64))
    guard_share = fields.Float(required=True, validate=validate.Range(0, 1))
    largest_upload = fields.Integer(required=True, validate=validate.Range(100_000, 500_000_000))
