"""A rule about replies: which ones it fits, and what it says that they mean."""

import re
from dataclasses import dataclass
from functools import cache

from app.rules.replies.reply import Reply, Verdict

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")


@dataclass(frozen=True, slots=True)
class Rule:
    """Fits when the phase is one of ``phases`` ("" = any), the code starts with one of ``codes``
    ("" = any) and the text, enhanced code included, matches the expression ``text``.

    ``known`` False: it only says what is done with words that nobody knows.
    """

    name: str
    phases: str
    codes: str
    text: str
    verdict: Verdict
    known: bool = True

    def fits(self, reply: Reply) -> bool:
        """Whether it speaks about this reply."""
        return (
            (not self.phases or reply.phase in self.phases.split())
            and (not self.codes or str(reply.code).startswith(tuple(self.codes.split())))
            and _expression(self.text).search(reply.text) is not None
        )


@dataclass(frozen=True, slots=True)
class OwnRule:
    """A rule that a person wrote; it speaks about complete answers of 400 to 599 only.

    ``phase`` "": from MAIL on. ``code``: ``450``, ``45x``, ``4xx`` or "" for all. ``enhanced``:
    ``5.7.1``, ``5.7.*`` or "". ``text``: words in this order, ``*`` between them for anything;
    "" for all. No expressions: somebody's expression can keep a machine busy for hours.
    """

    name: str
    phase: str
    code: str
    enhanced: str
    text: str
    verdict: Verdict
    known: bool = True

    def fits(self, reply: Reply) -> bool:
        """Whether it speaks about this reply."""
        if reply.code is None or not 400 <= reply.code < 600:
            return False
        if reply.phase == "mail_from" and self.verdict.whom == "recipient":
            return False
        return (
            (reply.phase == self.phase if self.phase else reply.phase in _FROM_MAIL_ON)
            and str(reply.code).startswith(self.code.rstrip("x"))
            and (not self.enhanced or _fits_enhanced(self.enhanced, enhanced(reply.text)))
            and _holds_in_order(reply.text.casefold(), self.text.casefold().split("*"))
        )


AnyRule = Rule | OwnRule

#: Before these, an answer is about the line or the login, whatever it says.
_FROM_MAIL_ON = ("mail_from", "rcpt_to", "data", "final_dot", "http", "event")


def enhanced(text: str) -> str:
    """The first enhanced status code (RFC 3463) in the words of a server, or ""."""
    found = _ENHANCED.search(text)
    return ".".join(found.groups()) if found else ""


def _fits_enhanced(pattern: str, found: str) -> bool:
    parts = found.split(".") if found else []
    wanted = pattern.split(".")
    return len(parts) == len(wanted) and all(
        want in ("*", have) for want, have in zip(wanted, parts, strict=True)
    )


def _holds_in_order(text: str, parts: list[str]) -> bool:
    """Whether the parts stand in the text one after another: linear, whatever they are."""
    at = 0
    for part in parts:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True


@cache
def _expression(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)
