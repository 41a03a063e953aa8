"""What mailboxes look like in the API: taken in and shown."""

from datetime import datetime
from typing import Any

from marshmallow import Schema, fields, validate

from app.api.mailbox_login_shapes import LoginAnswer, LoginChanges, NewLogin
from app.api.schemas import Flag, Id, Instant, Name, Text
from app.rules import mailbox_fields
from app.rules.mailbox_fields import AFTER
from app.sending.models import Mailbox

_ADDRESSES = {
    "description": "Whose mail arrives here: addresses such as bounces@example.com (with "
    "bounces+anything@), or @bounces.example.com for all of a domain"
}


class MailboxChanges(LoginChanges):
    """What may be changed; a blank password keeps the stored one, but not for another host."""

    name = Name()
    addresses = fields.List(
        Text(least=1, most=320), validate=validate.Length(1, 100), metadata=_ADDRESSES
    )
    complaints = Flag(metadata={"description": "Feedback loops report here too"})
    after = fields.String(
        validate=validate.OneOf(AFTER),
        metadata={"description": "What is done with mails that were about ours"},
    )
    move_to = Text()
    enabled = Flag()


class NewMailbox(NewLogin, MailboxChanges):
    """A mailbox that is to be; usually port 993, ssl and the folder INBOX."""

    name = Name(required=True)
    addresses = fields.List(
        Text(least=1, most=320),
        required=True,
        validate=validate.Length(1, 100),
        metadata=_ADDRESSES,
    )


class MailboxAnswer(LoginAnswer):
    """A mailbox, without its password. ``relays``: whose bounces arrive here. The numbers count
    mails: read at all, about ours, bounces, complaints, and reports about mail of others.
    """

    id = Id(required=True)
    name = fields.String(required=True)
    addresses = fields.List(fields.String(), required=True)
    complaints = fields.Boolean(required=True)
    after = fields.String(required=True, validate=validate.OneOf(AFTER))
    move_to = fields.String(required=True)
    enabled = fields.Boolean(required=True)
    state = fields.String(required=True, validate=validate.OneOf(("off", "new", "read", "failing")))
    read_at = Instant(required=True, allow_none=True)
    due_at = Instant(required=True)
    last_failure = fields.String(required=True)
    relays = fields.List(Id(), required=True)
    mails = fields.Integer(required=True)
    matched = fields.Integer(required=True)
    bounces = fields.Integer(required=True)
    complained = fields.Integer(required=True)
    not_ours = fields.Integer(required=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


class MailboxCheck(Schema):
    """Whether the mailbox can be read; where not, at which step, in whose words, and what to do."""

    ok = fields.Boolean(required=True)
    mails = fields.Integer(required=True)
    step = fields.String(required=True)
    words = fields.String(required=True)
    mend = fields.String(required=True)


def shown(mailbox: Mailbox, relays: list[Any]) -> dict[str, Any]:
    """A mailbox as it is rendered; its password never leaves."""
    plain = {name: getattr(mailbox, name, None) for name in MailboxAnswer().fields}
    plain["warnings"] = mailbox_fields.warnings(plain)
    return plain | {"relays": relays, "state": _state(mailbox, mailbox.read_at)}


def _state(mailbox: Mailbox, read_at: datetime | None) -> str:
    if not mailbox.enabled:
        return "off"
    if mailbox.failures:
        return "failing"
    return "new" if read_at is None else "read"
