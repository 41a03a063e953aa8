"""Reports without a report part, as qmail, Exim and older servers write them: only words."""

import re
from email.message import Message

from flufl.bounce import all_failures

from app.rules.replies.returned.automatic import is_from_carrier
from app.rules.replies.returned.mail import Fate

_MOST_LINES = 200
#: Below it stands the mail that came back, not what is said of it.
_COPY = re.compile(
    r"(below this line|this) is a copy|-{3,} ?(the )?(original|returned|undelivered) (mail|message)"
    r"|-{3,} ?message header|headers of (the|your) message",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?![\d.])(?:[ -]+#?(?:[45]\.\d{1,3}\.\d{1,3}))?")
_STATUS = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])")
_TELLING = re.compile(
    r"user unknown|unknown (user|recipient|local)|no such (user|recipient|mailbox|address)"
    r"|(does not|doesn.t) exist|not found|unrouteable|mailbox[^.]{0,20}full|quota|disabled"
    r"|inactive|rejected|refused|could ?n.t be delivered|permanent (error|failure)",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"undeliver|delivery (status|failure|has failed)|returned mail|failure notice|mail delivery",
    re.IGNORECASE,
)


def fates(message: Message, text: str) -> list[Fate]:
    """What the words of a mail say; nothing when it is no report."""
    passing, final = all_failures(message)
    lines = _above_the_copy(text)
    telling = [line for line in lines if _CODE.search(line) or _TELLING.search(line)]
    if not passing and not final and not _looks_like_a_report(message, telling):
        return []
    words = " ".join(telling[:3])[:400]
    status = found[1] if (found := _STATUS.search(words)) else ""
    addresses = frozenset(_address(one) for one in (final or passing))
    only_passing = bool(passing) and not final
    return [Fate("delayed" if only_passing else "failed", status, words, addresses)]


def _looks_like_a_report(message: Message, telling: list[str]) -> bool:
    """Only of a mail system that names a code, or says so in its subject and tells why."""
    if not is_from_carrier(message):
        return False
    if any(_CODE.search(line) for line in telling):
        return True
    return bool(telling and _SUBJECT.search(str(message["Subject"] or "")))


def _above_the_copy(text: str) -> list[str]:
    found = []
    for line in text.splitlines()[:_MOST_LINES]:
        if _COPY.search(line):
            break
        found.append(" ".join(line[:1_000].split()))
    return [line for line in found if line]


def _address(one: str | bytes) -> str:
    text = one.decode("utf-8", "replace") if isinstance(one, bytes) else one
    return text.strip().strip("<>").lower()
