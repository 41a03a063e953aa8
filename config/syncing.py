"""How contacts come in, as an operator sets it."""

from dataclasses import dataclass

from marshmallow import RAISE, Schema, fields, validate


class SyncShape(Schema):
    """``largest_upload``: bytes. ``kept_uploads``, ``kept_upload_bytes``: in each workspace."""

    class Meta:
        unknown = RAISE

    parallel = fields.Integer(required=True, validate=validate.Range(1, 64))
    guard_share = fields.Float(required=True, validate=validate.Range(0, 1))
    largest_upload = fields.Integer(required=True, validate=validate.Range(100_000, 500_000_000))
    kept_uploads = fields.Integer(required=True, validate=validate.Range(1, 100_000))
    kept_upload_bytes = fields.Integer(required=True, validate=validate.Range(100_000, 10**13))


@dataclass(frozen=True)
class Syncing:
    """How contacts come in; counts and bytes as in ``default.toml``."""

    parallel: int
    guard_share: float
    largest_upload: int
    kept_uploads: int
    kept_upload_bytes: int
