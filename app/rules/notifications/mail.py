"""The bytes of a mail -> who sent it to whom, when, and its texts. Bounded, whatever they are."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from hashlib import blake2b

from app.rules import email_address
from app.rules.replies.returned.statuses import decoded

#: More than that no notification has; each costs time.
_MOST_BOUNDARIES = 30
_MOST_DELIMITERS = 1_000
_MOST_PARTS = 50
_MOST_TEXT = 300_000
_LONGEST_HEADER = 4_000
_LONGEST_LINE = 100_000
_LONG = re.compile(rb"([^\n]{%d})[^\n]+" % _LONGEST_LINE)
#: A clock at the site may be wrong by so much.
_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as far as it is needed. Addresses are in their normal form.

    ``id``: the same for the same mail, wherever it lies. ``own``: addresses of who sent it, which
    are nobody's who filled in a form. ``at``: an instant in UTC, "" when it does not say.
    ``results``: what servers on the way wrote of its authenticity, the last one's first.
    ``marks``: names of its own headers, in lower case.
    """

    id: str
    senders: tuple[str, ...] = ()
    own: frozenset[str] = frozenset()
    recipients: frozenset[str] = frozenset()
    reply_to: tuple[str, ...] = ()
    subject: str = ""
    at: str = ""
    results: tuple[str, ...] = ()
    marks: frozenset[str] = frozenset()
    html: str = ""
    text: str = ""


def read(raw: bytes, now: datetime) -> Mail:
    """What a mail says; ``raw`` may be cut off at its end. Never raises."""
    nothing = Mail(_digest(raw))
    head = raw[:_MOST_TEXT]
    if len(re.findall(rb"boundary\s*=", head, re.IGNORECASE)) > _MOST_BOUNDARIES:
        return nothing
    if raw.count(b"\n--") > _MOST_DELIMITERS:
        return nothing
    try:
        message = message_from_bytes(_LONG.sub(rb"\1", raw), policy=policy.compat32)
        return _understood(message, raw, now)
    except Exception:  # strangers write these mails, some of them to break what reads them
        return nothing


def _understood(message: Message, raw: bytes, now: datetime) -> Mail:
    senders = _addresses(message, "From")
    html, text = _texts(message)
    named = _header(message, "Message-ID").strip()
    return Mail(
        _digest(f"{named}\0{senders}\0{message.get('Date')}".encode() if named else raw),
        tuple(senders),
        frozenset([*senders, *_addresses(message, "Sender", "Return-Path")]),
        frozenset(_addresses(message, "To", "Cc", "Delivered-To", "X-Original-To")),
        tuple(_addresses(message, "Reply-To")),
        _header(message, "Subject"),
        _at(message, now),
        tuple(_value(one) for one in _raw(message, "Authentication-Results")[:10]),
        frozenset(name.lower() for name in message.keys()[:200]),
        html,
        text,
    )


def _digest(said: bytes) -> str:
    return blake2b(said, digest_size=16).hexdigest()


def _value(value: object) -> str:
    return " ".join(str(value)[:_LONGEST_HEADER].split())


def _header(message: Message, name: str) -> str:
    """A header as a person reads it: encoded words decoded, whatever charset they name."""
    raw = next(iter(_raw(message, name)), "")
    try:
        pieces = decode_header(raw)
    except Exception:  # an encoded word that is none
        return _value(raw)
    return _value("".join(_said(*piece) for piece in pieces))


def _raw(message: Message, name: str) -> list[str]:
    """The headers of a name as they stand there; bytes that are not ASCII are read as UTF-8."""
    found = (str(value) for key, value in message.raw_items() if key.lower() == name.lower())
    return [
        one[:_LONGEST_HEADER].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        for one in found
    ]


def _said(piece: bytes | str, charset: str | None) -> str:
    if isinstance(piece, str):
        return piece
    try:
        return piece.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return piece.decode("utf-8", "replace")


def _addresses(message: Message, *names: str) -> list[str]:
    values = [value for name in names for value in _raw(message, name)]
    found = (email_address.parse(address) for _, address in getaddresses(values[:20]))
    return list(dict.fromkeys(one.address for one in found if one))


def _at(message: Message, now: datetime) -> str:
    try:
        at = parsedate_to_datetime(str(message.get("Date")))
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return ""
    if at > now + _AHEAD or at.year < 1990:
        return ""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _texts(message: Message) -> tuple[str, str]:
    """The first HTML and the first plain text that are there to be read."""
    html = text = ""
    for part in _parts(message):
        kind = part.get_content_type()
        if kind == "text/html" and not html:
            html = _fixed(decoded(part))
        elif kind == "text/plain" and not text:
            text = _flowing(part, _fixed(decoded(part)))
    return html, text


def _parts(message: Message) -> Iterator[Message]:
    """Its parts, but no attached file and no other mail that it holds."""
    waiting, seen = [message], 0
    while waiting and seen < _MOST_PARTS:
        part, seen = waiting.pop(0), seen + 1
        held = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(held, list):
            waiting = [*(one for one in held if isinstance(one, Message)), *waiting]
        elif not part.is_multipart() and part.get_content_disposition() != "attachment":
            yield part


def _fixed(text: str) -> str:
    return text[:_MOST_TEXT].replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _flowing(part: Message, text: str) -> str:
    """Lines that a mail program broke are one again (RFC 3676)."""
    if str(part.get_param("format") or "").lower() != "flowed":
        return text
    joined = str(part.get_param("delsp") or "").lower() == "yes"
    return "\n".join(_flowed(text.split("\n"), without_blank=joined))


def _flowed(lines: Iterable[str], *, without_blank: bool) -> Iterator[str]:
    begun = ""
    for line in lines:
        line = line.removeprefix(" ")
        if line.endswith(" ") and line != "-- ":
            begun += line[:-1] if without_blank else line
            continue
        yield begun + line
        begun = ""
    if begun:
        yield begun
