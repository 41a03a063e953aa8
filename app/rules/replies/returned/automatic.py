"""Mail that machines write when nothing came back: out of office, challenges, receipts."""

import re
from email.message import Message
from email.utils import parseaddr

from app.rules.replies.returned.statuses import unfolded

_MARKS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply", "X-Vacation")
_SUBJECT = re.compile(
    r"out of (the )?office|auto(matic|mated)?[ -]?(reply|response|responder)|autosvar|vacation"
    r"|abwesen|automatische antwort|r.ponse automatique|respuesta autom.tica|away from",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(
    r"(confirm|verify|prove)[^.]{0,80}(human|real person|sender|not a (robot|spammer))"
    r"|challenge.response|click[^.]{0,80}to (deliver|release) (your|this) (message|e?-?mail)",
    re.IGNORECASE,
)
#: Those who bring mail bring bounces too.
_CARRIERS = re.compile(r"(mailer-?daemon|mail-?daemon|postmaster|mail\.?delivery)\b", re.IGNORECASE)


def is_from_carrier(message: Message) -> bool:
    """Whether a mail system wrote it, not a person's mailbox."""
    name, address = parseaddr(unfolded(message["From"] or ""))
    return bool(
        message["X-Failed-Recipients"]
        or _CARRIERS.match(address)
        or re.search(r"mail delivery (sub)?system", name, re.IGNORECASE)
    )


def is_automatic(message: Message, text: str) -> bool:
    """Whether a machine wrote it and it reports nothing."""
    if message.get_content_type() == "multipart/report":
        kind = str(message.get_param("report-type") or "").lower()
        if kind == "disposition-notification":
            return True
    if is_from_carrier(message):
        return False
    submitted = unfolded(message["Auto-Submitted"] or "no").lower()
    precedence = unfolded(message["Precedence"] or "").lower()
    return bool(
        not submitted.startswith("no")
        or precedence in ("auto_reply", "auto-reply")
        or any(message[mark] for mark in _MARKS)
        or _SUBJECT.search(unfolded(message["Subject"] or ""))
        or _CHALLENGE.search(text[:5_000])
    )
