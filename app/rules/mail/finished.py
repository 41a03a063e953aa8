"""A finished mail as it was handed in: its header fields may be looked at, its bytes stay."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime, parseaddr
from functools import cached_property

from app.rules.mail import headers

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(?:[^\r\n]|\r\n[ \t])*\r\n")


class NotAMail(Exception):
    """These bytes are no mail of RFC 5322; says why."""


@dataclass(frozen=True)
class Finished:
    """``fields``: each header field as it stands, with its CRLF; ``rest``: everything from the
    empty line on.
    """

    fields: tuple[bytes, ...]
    rest: bytes

    @property
    def whole(self) -> bytes:
        """The mail again."""
        return b"".join((*self.fields, self.rest))

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of its fields, in lower case."""
        return frozenset(_name(one) for one in self.fields)

    def values(self, name: str) -> list[str]:
        """What the fields of that name say, unfolded, as they are written."""
        found = [one for one in self.fields if _name(one) == name]
        return [_unfolded(one.partition(b":")[2]) for one in found]

    def without(self, names: Iterable[str]) -> "Finished":
        """The same without all fields of these names (in lower case)."""
        gone = set(names)
        return replace(self, fields=tuple(one for one in self.fields if _name(one) not in gone))

    def with_first(self, fields: bytes) -> "Finished":
        """The same with more fields (complete lines) before the others."""
        return replace(self, fields=(fields, *self.fields)) if fields else self


def read(mail: bytes) -> Finished:
    """The mail in ``mail``, whose lines end with CRLF. Raises NotAMail."""
    fields: list[bytes] = []
    at = 0
    while not mail.startswith(b"\r\n", at):
        field = _FIELD.match(mail, at)
        if field is None:
            if at == len(mail):
                return Finished(tuple(fields), b"\r\n")
            line = mail[at : at + 40].partition(b"\r\n")[0].decode("ascii", "replace")
            raise NotAMail(f"this line among its headers is no header: {line!r}")
        fields.append(field[0])
        at = field.end()
    return Finished(tuple(fields), mail[at:])


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a sender says about a mail: addresses are ready for the wire, names are plain text."""

    from_email: str
    from_name: str
    reply_to_email: str
    reply_to_name: str
    to_email: str
    message_id: str
    date: datetime


def stamped(mail: Finished, stamp: Stamp) -> bytes:
    """The mail with what is missing of Date, From, Message-ID, and, where it names no sender of
    its own, To and Reply-To. A From that is another address than the stamp's is replaced; the
    answers then still go where the mail, or else the stamp, sends them.
    """
    more = []
    if "date" not in mail.names:
        more.append(headers.token("Date", format_datetime(stamp.date.replace(microsecond=0))))
    given = mail.values("from")
    ours = not given or parseaddr(given[0])[1].lower() != stamp.from_email.lower()
    if ours:
        mail = mail.without(("from", "sender"))
        more.append(headers.mailbox("From", stamp.from_name, stamp.from_email))
        if stamp.reply_to_email and "reply-to" not in mail.names:
            more.append(headers.mailbox("Reply-To", stamp.reply_to_name, stamp.reply_to_email))
    if not given:
        more.append(headers.mailbox("To", "", stamp.to_email))
    if "message-id" not in mail.names:
        more.append(headers.token("Message-ID", stamp.message_id))
    return mail.with_first(b"".join(more)).whole


def _name(field: bytes) -> str:
    return field.partition(b":")[0].strip().decode("ascii").lower()


def _unfolded(value: bytes) -> str:
    return value.replace(b"\r\n", b"").decode("utf-8", "replace").strip()
