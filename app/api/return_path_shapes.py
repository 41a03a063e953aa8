"""A relay's return path and other senders in the API: how they stand, since when, and why."""

from typing import Any, get_args

from marshmallow import Schema, fields, validate

from app.api.schemas import Instant
from app.rules.mail.envelope import State
from app.sending.letters import return_paths
from app.sending.letters.names import WAYS
from app.sending.models import Relay

RETURN_PATH = {
    "description": "Where bounces go, such as bounces+{token}@bounces.example.com; used once a "
    "test mail showed that the relay takes it"
}


SENDERS = {
    "description": "Under which names it may send besides its own From: addresses, or @example.com "
    "for all of a domain"
}


class SenderAnswer(Schema):
    """A name under which a relay may send, how that is known, and since when."""

    sender = fields.String(required=True)
    how = fields.String(required=True, validate=validate.OneOf(WAYS))
    at = fields.String(required=True, metadata={"format": "date-time"})


class EnvelopeAnswer(Schema):
    """own: the relay's From is on envelopes. unproved: send a test mail. in_use, or refused: the
    relay's words say why; a test mail tries it again.
    """

    state = fields.String(required=True, validate=validate.OneOf(get_args(State)))
    since = Instant(required=True, allow_none=True)
    words = fields.String(required=True)


def envelope_of(relay: Relay) -> dict[str, Any]:
    """How it stands with the relay's return path."""
    return {
        "state": return_paths.state(relay),
        "since": relay.return_path_at,
        "words": relay.return_path_words,
    }
