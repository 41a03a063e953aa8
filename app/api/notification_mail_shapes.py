"""How mailboxes for notification mails look in the API: taken in and shown."""

from typing import Any

from marshmallow import fields, validate

from app.api.mailbox_login_shapes import LoginAnswer, LoginChanges, NewLogin
from app.api.schemas import Id, Instant, Text
from app.rules import mailbox_fields
from app.rules.notifications.trust import AUTHENTICATIONS
from app.sources.notifications.models import NotificationMailbox

_SENDERS = {
    "description": "From whom a form's mails come: addresses such as wordpress@example.com, or "
    "@example.com for all of a domain. Nobody else's mails count"
}
_RECIPIENTS = {"description": "To whom they must be, as senders; none: to anybody"}
_AUTHENTICATION = {
    "description": "ignore: a fitting From is enough. unless_failed: not when the receiving server "
    "found it forged (dmarc=fail). required: only when it found it genuine (dmarc, dkim or spf)"
}
_SERVER = {"description": "Whose Authentication-Results count, such as mx.google.com"}
_SINCE = {"description": "A day such as 2026-11-22: mails from before are left alone"}


class NotificationMailboxChanges(LoginChanges):
    """What may be changed; a blank password keeps the stored one, but not for another host."""

    senders = fields.List(
        Text(least=1, most=320), validate=validate.Length(1, 100), metadata=_SENDERS
    )
    recipients = fields.List(
        Text(least=1, most=320), validate=validate.Length(0, 100), metadata=_RECIPIENTS
    )
    subject = Text(metadata={"description": "Words that must stand in the subject"})
    authentication = fields.String(
        validate=validate.OneOf(AUTHENTICATIONS), metadata=_AUTHENTICATION
    )
    server = Text(metadata=_SERVER)
    since = Text(most=10, metadata=_SINCE)


class NewNotificationMailbox(NewLogin, NotificationMailboxChanges):
    """A mailbox; usually port 993, ssl and the folder INBOX. ``name`` tells it from the site's
    others.
    """

    name = Text(
        required=True, least=1, most=40, validate=[validate.Regexp(r"[a-z0-9][a-z0-9-]*\Z")]
    )
    senders = fields.List(
        Text(least=1, most=320),
        required=True,
        validate=validate.Length(1, 100),
        metadata=_SENDERS,
    )


class NotificationMailboxAnswer(LoginAnswer):
    """A mailbox, without its password."""

    connection_id = Id(required=True)
    senders = fields.List(fields.String(), required=True)
    recipients = fields.List(fields.String(), required=True)
    subject = fields.String(required=True)
    authentication = fields.String(required=True, validate=validate.OneOf(AUTHENTICATIONS))
    server = fields.String(required=True)
    since = fields.String(required=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


def shown(mailbox: NotificationMailbox) -> dict[str, Any]:
    """A mailbox as it is rendered; its password never leaves."""
    plain = {name: getattr(mailbox, name, None) for name in NotificationMailboxAnswer().fields}
    return plain | {"warnings": mailbox_fields.warnings(plain)}
