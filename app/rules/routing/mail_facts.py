"""What routing rules may know of a finished mail: its headers, its text, and who else got it."""

from collections.abc import Collection, Mapping, Sequence
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses

from app.rules.mail import plain_text
from app.rules.mail.finished import NotAMail, read

#: Fields of rules that are read out of a finished mail.
FIELDS = ("message", "cc", "bcc", "header")
#: More of a text than that no rule looks at.
_MOST = 100_000


def facts(mail: bytes, address: str, asks: Collection[str]) -> Mapping[str, Sequence[str]]:
    """What is true of ``mail`` as ``address`` gets it, as far as rules ask.

    ``header``: each as ``Name: value``. ``bcc``: the address itself, when no header names it.
    """
    if not set(asks) & set(FIELDS):
        return {}
    try:
        finished = read(mail)
    except NotAMail:
        return {}
    told: dict[str, Sequence[str]] = {}
    named = _addresses(finished.values("to")), _addresses(finished.values("cc"))
    told["cc"] = named[1]
    told["bcc"] = [address] if any(named) and address not in [*named[0], *named[1]] else []
    if "header" in asks:
        names = [field.partition(b":")[0].decode("ascii") for field in finished.fields]
        told["header"] = [
            f"{name}: {_readable(value)}"
            for name in dict.fromkeys(names)
            for value in finished.values(name.lower())
        ]
    if "message" in asks:
        told["message"] = [_text(mail)]
    return told


def _addresses(values: Sequence[str]) -> list[str]:
    return [address.lower() for _, address in getaddresses(list(values)) if address]


def _readable(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, ValueError):
        return value


def _text(mail: bytes) -> str:
    """As a person reads it: the text part, else what the HTML says."""
    parts = [
        part
        for part in message_from_bytes(mail, policy=policy.compat32).walk()
        if part.get_content_maintype() == "text" and part.get_filename() is None
    ]
    plain = [part for part in parts if part.get_content_subtype() == "plain"]
    if plain:
        return "\n".join(map(_decoded, plain))[:_MOST]
    return "\n".join(plain_text.from_html(_decoded(part)) for part in parts)[:_MOST]


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    try:
        return raw[:_MOST].decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return raw[:_MOST].decode("utf-8", "replace")
