"""How the way into a mailbox looks in the API: common to all kinds of mailboxes."""

from marshmallow import Schema, fields, validate

from app.api.schemas import Strict, Text, Whole
from app.rules.mailbox_fields import ENCRYPTIONS


class LoginChanges(Strict):
    """What may be changed; a blank password keeps the stored one, but not for another host."""

    host = Text(least=1, most=255)
    port = Whole(least=1, most=65535, metadata={"description": "993 goes with ssl, 143 with tls"})
    encryption = fields.String(validate=validate.OneOf(ENCRYPTIONS))
    username = Text(least=1, most=320)
    password = Text(most=2000, load_only=True, metadata={"format": "password"})
    folder = Text(least=1)


class NewLogin(Schema):
    """What a new mailbox needs; usually port 993, ssl and the folder INBOX."""

    host = Text(least=1, most=255, required=True)
    username = Text(least=1, most=320, required=True)
    password = Text(
        least=1, most=2000, required=True, load_only=True, metadata={"format": "password"}
    )


class LoginAnswer(Schema):
    """The way in, without the password; ``warnings`` say what is seldom meant."""

    host = fields.String(required=True)
    port = fields.Integer(required=True)
    encryption = fields.String(required=True, validate=validate.OneOf(ENCRYPTIONS))
    username = fields.String(required=True)
    folder = fields.String(required=True)
    warnings = fields.List(fields.String(), required=True)
