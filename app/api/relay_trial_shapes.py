"""What trying a relay looks like in the API: asked for, and what came of it."""

from typing import Any

from marshmallow import Schema, fields

from app.api.schemas import Email, Flag, Instant, Strict
from app.sending.letters import return_paths
from app.sending.relays.trial import Tried


class TestMail(Strict):
    """To whom the test mail goes; ``html`` off sends plain text only."""

    to = Email(required=True)
    html = Flag(load_default=True)
    from_email = Email(
        metadata={
            "format": "email",
            "description": "Another From than the relay's own: when the relay takes the mail, "
            "it is one of its verified_senders",
        },
    )


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


class PathTrialAnswer(Schema):
    """Whether the relay took the mail with its return path, and what it answered."""

    taken = fields.Boolean(required=True)
    reply = fields.Nested(ReplyAnswer, required=True)


class TestAnswer(Schema):
    """What became of the test mail; ``log`` is the conversation without secrets."""

    ok = fields.Boolean(required=True)
    reply = fields.Nested(ReplyAnswer, required=True)
    fault = fields.Nested(FaultAnswer, required=True, allow_none=True)
    log = fields.List(fields.String(), required=True)
    return_path = fields.Nested(
        PathTrialAnswer,
        required=True,
        allow_none=True,
        metadata={"description": "null when the relay has no return path"},
    )


def tested(tried: Tried) -> dict[str, Any]:
    """A test mail as it is rendered."""
    report, heard = tried.report, tried.return_path
    plain = {"ok": report.ok, "reply": report.reply, "fault": report.fault, "log": report.log}
    path = heard and {"taken": return_paths.is_taken(heard), "reply": heard}
    return plain | {"return_path": path}
