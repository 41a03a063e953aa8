"""Headers that whoever hands a mail in may set: none that a sender, a relay or MIME answers for."""

import re
from collections.abc import Mapping

from app.rules.mail import headers

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_ALLOWED = frozenset(
    {
        "auto-submitted",
        "comments",
        "feedback-id",
        "importance",
        "in-reply-to",
        "keywords",
        "list-archive",
        "list-help",
        "list-id",
        "list-owner",
        "list-post",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "organization",
        "precedence",
        "priority",
        "references",
        "sensitivity",
    }
)
#: Ours: they choose how a mail goes out, or say where it came from.
RESERVED = "x-pressferry-"
_LONGEST = 900


def fault(name: str, value: str) -> str:
    """Why this header cannot be set, "" when it can."""
    if not _NAME.fullmatch(name):
        return "Is no name of a header."
    low = name.lower()
    if low.startswith(RESERVED) or not (low.startswith("x-") or low in _ALLOWED):
        return f"Cannot be set: X-... and {', '.join(sorted(_ALLOWED))} can."
    if len(value) > _LONGEST:
        return f"Is longer than {_LONGEST} characters."
    return ""


def lines(given: Mapping[str, str]) -> bytes:
    """The header lines."""
    return b"".join(
        headers.token(name, value) if value.isascii() else headers.text(name, value)
        for name, value in given.items()
    )
