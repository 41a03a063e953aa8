"""What a person may say in a rule about replies: nothing that loses, doubles or burns mail."""

import re
from collections.abc import Mapping
from typing import Any

from app.rules.replies.reply import ABOUT, PHASES, Outcome, Verdict

#: Success and doubt are not for rules: they are what they are.
OUTCOMES: tuple[Outcome, ...] = tuple(
    outcome for outcome in ABOUT if outcome not in ("accepted", "unknown")
)
#: Before MAIL an answer is about the line or the login.
BEFORE_MAIL = PHASES[: PHASES.index("mail_from")]
_CODE = re.compile(r"[45](\d\d|\dx|xx)")
_ENHANCED = re.compile(r"[45]\.(\d{1,3}|\*)\.(\d{1,3}|\*)")
_LEAST_WORDS = 3


def verdict(values: Mapping[str, Any]) -> Verdict:
    """What a rule with these values says."""
    return Verdict(
        values["outcome"],
        quota=values["quota"],
        suppress="bounced" if values["suppress"] else "",
        about=values["about"],
    )


def fault(values: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first thing that cannot be: (which value, a sentence); None when all is well."""
    return _unclear(values) or _contradicts(values)


def _unclear(values: Mapping[str, Any]) -> tuple[str, str] | None:
    if values["code"] and not _CODE.fullmatch(values["code"]):
        return "code", "Must be a code from 400 to 599 like 450, 45x or 4xx."
    if values["enhanced"] and not _ENHANCED.fullmatch(values["enhanced"]):
        return "enhanced", "Must be an enhanced code like 5.7.1 or 5.7.*."
    words = values["text"].replace("*", "").replace(" ", "")
    if values["text"] and len(words) < _LEAST_WORDS:
        return "text", f"Must hold at least {_LEAST_WORDS} characters besides * and blanks."
    if not (values["code"] or values["enhanced"] or values["text"]):
        return "text", "Say at least one of code, enhanced and text: this would fit every answer."
    return None


def _contradicts(values: Mapping[str, Any]) -> tuple[str, str] | None:
    outcome = values["outcome"]
    if values["about"] and values["about"] not in ABOUT[outcome]:
        return "about", f"What is {outcome} is about: {' or '.join(ABOUT[outcome])}."
    if values["quota"] and outcome != "throttled":
        return "quota", "Only what is throttled can be about a quota."
    if values["suppress"] and outcome != "bounced":
        return "suppress", "Only who bounced can be suppressed."
    if values["phase"] in BEFORE_MAIL and outcome not in ("refused", "throttled"):
        return "outcome", "Before MAIL an answer is about the relay: say refused or throttled."
    if values["phase"] == "mail_from" and verdict(values).whom == "recipient":
        return "outcome", "The answer to MAIL comes before the recipient: it is not about them."
    return None
