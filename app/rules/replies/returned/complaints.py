"""Abuse reports (ARF, RFC 5965): somebody called a mail spam."""

from collections.abc import Iterable
from email.message import Message

from app.rules.replies.returned.statuses import groups, unfolded

_TYPE = "message/feedback-report"
#: A person does not want this mail. The others are about spoofing, viruses, or take it back.
_NO = ("abuse", "fraud", "opt-out", "opt-out-list", "complaint")


def complaint(parts: Iterable[Message]) -> str:
    """Who reports it as what, in words; "" when it is no complaint."""
    for part in parts:
        fields = _fields(part)
        kind = fields.get("feedback-type", "").lower()
        if kind in _NO:
            by = fields.get("user-agent") or fields.get("reporting-mta") or "a feedback loop"
            return f"reported as {kind} by {by}"[:400]
    return ""


def is_other_feedback(parts: Iterable[Message]) -> bool:
    """Whether it is a feedback report of another kind."""
    return any(part.get_content_type() == _TYPE for part in parts)


def _fields(part: Message) -> dict[str, str]:
    if part.get_content_type() != _TYPE:
        return {}
    return {
        name.lower(): unfolded(value) for block in groups(part) for name, value in block.items()
    }
