"""A parcel -> the exact bytes it is said with, or why it cannot be said on this line."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from app.rules.replies.meaning import Reply
from app.wire.line import Line

_NO_LINE_END = bytes(byte for byte in range(256) if byte not in b"\r\n")
_LOOSE_CR_OR_DOT = re.compile(rb"\r(?!\n(?!\.))")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f<>]")


class Parcel(NamedTuple):
    """One message for one recipient.

    ``sender`` and ``recipient`` are envelope addresses; ``body`` is the whole message, not yet
    dot-stuffed; or what puts it together when its turn has come: then every line of it ends with
    CRLF, and none begins with a dot.
    """

    attempt_id: int
    sender: str
    recipient: str
    body: bytes | Callable[[], bytes]


class Spoken(NamedTuple):
    """A parcel as it is said: MAIL and RCPT with CRLF, the body with its final dot."""

    parcel: Parcel
    mail: bytes
    rcpt: bytes
    body: bytes


def speak(parcel: Parcel, line: Line) -> Spoken | Reply:
    """How ``parcel`` is said on ``line``; a Reply of our own when it cannot be.

    Nothing of an address can become another command, and nothing that the server did not
    offer is asked of it.
    """
    sender = _sender(parcel.sender, line.smtputf8)
    if isinstance(sender, Reply):
        return sender
    if not parcel.recipient:
        return Reply("rcpt_to", 501, "5.1.3 there is no recipient")
    recipient = _address(parcel.recipient, "rcpt_to", line.smtputf8)
    if isinstance(recipient, Reply):
        return recipient
    body, said = _body(parcel)
    if refusal := _too_much(body, line):
        return refusal
    mail = b"MAIL FROM:<" + sender + b">" + _parameters(sender, recipient, body, line) + b"\r\n"
    rcpt = b"RCPT TO:<" + recipient + b">\r\n"
    return Spoken(parcel, mail, rcpt, said + b".\r\n")


def _body(parcel: Parcel) -> tuple[bytes, bytes]:
    """The message, and the message as it is said."""
    if not isinstance(parcel.body, bytes):
        body = parcel.body()
        return body, body
    if _is_clean(parcel.body):
        return parcel.body, parcel.body
    body = _with_crlf(parcel.body)
    return body, _stuffed(body)


def _too_much(body: bytes, line: Line) -> Reply | None:
    if line.size_limit and len(body) > line.size_limit:
        sizes = f"the message has {len(body)} bytes, this relay takes {line.size_limit}"
        return Reply("data", 552, f"5.3.4 {sizes}")
    if not line.eight_bit and not body.isascii():
        return Reply("data", 554, "5.6.3 the message has 8-bit bytes, this relay takes 7-bit only")
    return None


def _parameters(sender: bytes, recipient: bytes, body: bytes, line: Line) -> bytes:
    said = b"" if line.size_limit is None else b" SIZE=%d" % len(body)
    if not body.isascii():
        said += b" BODY=8BITMIME"
    if not (sender.isascii() and recipient.isascii()):
        said += b" SMTPUTF8"
    return said


@lru_cache(maxsize=256)
def _sender(address: str, smtputf8: bool) -> bytes | Reply:
    """Mostly the same for all mails of a relay."""
    return _address(address, "mail_from", smtputf8)


def _address(address: str, phase: str, smtputf8: bool) -> bytes | Reply:
    if _FORBIDDEN.search(address):
        return Reply(phase, 501, "5.1.3 a space, bracket or control character in the address")
    if address.isascii():
        return address.encode()
    local, at, domain = address.rpartition("@")
    try:
        said = f"{local}{at}".encode() + (
            domain.encode() if domain.isascii() else domain.encode("idna")
        )
    except UnicodeError:
        return Reply(phase, 501, "5.1.2 the address is no address that can be written to")
    if not said.isascii() and not smtputf8:
        return Reply(
            phase,
            553,
            "5.6.7 the address is not plain ASCII and this relay does not offer SMTPUTF8",
        )
    return said


def _is_clean(body: bytes) -> bool:
    """Whether every line ends with CRLF and none begins with a dot, in two fast passes."""
    ends = body.translate(None, _NO_LINE_END)
    return (
        ends == b"\r\n" * (len(ends) // 2)
        and not _LOOSE_CR_OR_DOT.search(body)
        and body.endswith(b"\r\n")
        and not body.startswith(b".")
    )


def _with_crlf(body: bytes) -> bytes:
    """Every line ends with CRLF; a bare CR or LF would let a message smuggle in another one."""
    body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return body if body.endswith(b"\r\n") else body + b"\r\n"


def _stuffed(body: bytes) -> bytes:
    body = body.replace(b"\n.", b"\n..")
    return b"." + body if body.startswith(b".") else body
