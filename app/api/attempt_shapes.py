"""How one try of a delivery looks in the API, wherever it is told."""

from marshmallow import Schema, fields

from app.api.schemas import Id, Instant


class AttemptAnswer(Schema):
    """One try through one relay; ``code`` and ``text`` are its words. ``relay_name`` null: it was
    removed. ``outcome`` null: its answer has not come yet.
    """

    relay_id = Id(required=True)
    relay_name = fields.String(required=True, allow_none=True)
    from_email = fields.String(required=True)
    at = Instant(required=True)
    finished_at = Instant(required=True, allow_none=True)
    outcome = fields.String(required=True, allow_none=True)
    phase = fields.String(required=True)
    code = fields.Integer(required=True, allow_none=True)
    text = fields.String(required=True)


class HeardAnswer(Schema):
    """Something that was heard of a mail after its relay took it."""

    kind = fields.String(required=True)
    hard = fields.Boolean(required=True)
    words = fields.String(required=True)
    at = Instant(required=True)
