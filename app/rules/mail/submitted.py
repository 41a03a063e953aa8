"""A mail that a program of somebody's hands in by SMTP: whether it is sane, and what it says."""

from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import format_datetime, getaddresses

from app.rules import email_address
from app.rules.mail import headers
from app.rules.mail.finished import Finished, NotAMail, read

#: Headers that choose how the mail goes out; they are taken off.
RELAY, STREAM = "x-pressferry-relay", "x-pressferry-stream"
_ONCE = ("from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id")
#: What must not leave: who got it unseen, and what only the last server may say.
_PRIVATE = ("bcc", "resent-bcc", "return-path", RELAY, STREAM)
#: A mail that passed so many servers goes round in circles.
_MOST_HOPS = 30


@dataclass(frozen=True, slots=True)
class Submitted:
    """A sane mail, ready to be taken on. ``relay`` (id or name) and ``stream``: "" unless said."""

    mail: bytes
    subject: str
    from_email: str
    from_name: str
    reply_to_email: str
    reply_to_name: str
    relay: str
    stream: str


def submitted(mail: bytes, *, by: str, with_: str, now: datetime) -> Submitted:
    """What was handed in, without what is private, with a trace of ``by`` (this server) and how
    it came (``with_``); the body stays byte for byte. Raises NotAMail.
    """
    if mail.count(b"\n") != mail.count(b"\r\n") or mail.count(b"\r") != mail.count(b"\r\n"):
        raise NotAMail("a line ends without CR LF")
    given = read(mail)
    _require_sane(given)
    name, address = _one_mailbox(given, "from")
    answers = _one_mailbox(given, "reply-to") if given.values("reply-to") else (name, address)
    trace = f"by {by} (pressferry) with {with_}; {format_datetime(now.replace(microsecond=0))}"
    kept = given.without(_PRIVATE).with_first(headers.token("Received", trace))
    return Submitted(
        kept.whole,
        headers.one_line(_decoded(_first(given, "subject")), headers.SUBJECT_LIMIT),
        address,
        name,
        answers[1],
        answers[0],
        _first(given, RELAY),
        _first(given, STREAM),
    )


def _require_sane(mail: Finished) -> None:
    for name in _ONCE:
        if len(mail.values(name)) > 1:
            raise NotAMail(f"it has more than one {name} header")
    if len(mail.values("received")) > _MOST_HOPS:
        raise NotAMail("it goes round in circles: too many Received headers")


def _one_mailbox(mail: Finished, name: str) -> tuple[str, str]:
    """Display name and address. Raises NotAMail when there is none, or several."""
    found = getaddresses(mail.values(name))
    parsed = email_address.parse(found[0][1]) if len(found) == 1 else None
    if parsed is None:
        raise NotAMail(f"its {name} header must name exactly one address")
    return headers.one_line(_decoded(found[0][0]), headers.NAME_LIMIT), parsed.email


def _first(mail: Finished, name: str) -> str:
    return next(iter(mail.values(name)), "").strip()


def _decoded(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return value
