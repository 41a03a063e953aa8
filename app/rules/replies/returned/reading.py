"""The bytes of a mail -> what it says of mails that were sent. Bounded, whatever the bytes are."""

import re
from collections.abc import Iterable, Iterator
from email import message_from_bytes, policy
from email.message import Message
from itertools import islice

from app.rules.replies.returned import automatic, complaints, statuses, words
from app.rules.replies.returned.mail import Returned

#: More than that no report has; each costs time.
_MOST_BOUNDARIES = 30
_MOST_DELIMITERS = 1_000
_LONGEST_LINE = 4_000
_MOST_PARTS = 100
_MOST_TEXT = 400_000
_LONG = re.compile(rb"([^\n]{%d})[^\n]+" % _LONGEST_LINE)
_NOTHING = Returned("other")


def read(raw: bytes) -> Returned:
    """What a mail says; ``raw`` may be cut off at its end. Never raises."""
    if len(re.findall(rb"boundary\s*=", raw, re.IGNORECASE)) > _MOST_BOUNDARIES:
        return _NOTHING
    if raw.count(b"\n--") > _MOST_DELIMITERS:
        return _NOTHING
    raw = _LONG.sub(rb"\1", raw)
    try:
        message = message_from_bytes(raw, policy=policy.compat32)
        parts = list(islice(message.walk(), _MOST_PARTS))
        return _understood(message, parts)
    except Exception:  # strangers write these mails, some of them to break what reads them
        return _NOTHING


def _understood(message: Message, parts: list[Message]) -> Returned:
    text = "\n".join(_texts(parts))[:_MOST_TEXT]
    if found := complaints.complaint(parts):
        return Returned("complaint", text=text, words=found)
    if complaints.is_other_feedback(parts):
        return Returned("other", text=text)
    if fates := statuses.fates(parts):
        return Returned("report", tuple(fates), text)
    if automatic.is_automatic(message, _first_text(parts)):
        return Returned("automatic", text=text)
    if fates := words.fates(message, _first_text(parts)):
        return Returned("report", tuple(fates), text)
    return Returned("other", text=text)


def _texts(parts: Iterable[Message]) -> Iterator[str]:
    """Headers of every part, and what is readable in it."""
    for part in parts:
        yield "\n".join(f"{name}: {statuses.unfolded(value)}" for name, value in part.items())
        if part.get_content_maintype() in ("text", "message") and not part.is_multipart():
            yield statuses.decoded(part)


def _first_text(parts: Iterable[Message]) -> str:
    """What a person would read first."""
    texts = (one for one in parts if one.get_content_maintype() == "text")
    plain = next((one for one in texts if one.get_content_subtype() in ("plain", "html")), None)
    return "" if plain is None else statuses.decoded(plain)
