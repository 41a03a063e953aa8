"""What a mail that came back means for the one person whom our mail was for."""

import re
from dataclasses import dataclass
from typing import Literal

from app.rules.replies import meaning, soft_bounces
from app.rules.replies.meaning import Reply, Verdict
from app.rules.replies.returned.mail import Fate, Returned

_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?![\d.])")
#: An address is not dead as long as one way leads somewhere.
_MILDEST_FIRST = ("delivered", "delayed", "failed")


@dataclass(frozen=True, slots=True)
class Said:
    """What became of our mail. ``hard``: of a bounce, that the address is dead; ``soft``: the kind
    of one after which it may still be good (see ``soft_bounces``), "": it says nothing of it.
    """

    kind: Literal["bounced", "delayed", "delivered", "complained"]
    words: str
    hard: bool = False
    soft: str = ""


def said(returned: Returned, address: str) -> Said | None:
    """What it says of the mail to ``address``; None when it says nothing of any mail.

    Of several recipients (an alias leads to many) those count that have this address, else all,
    and the mildest of what is said of them.
    """
    if returned.nature == "complaint":
        return Said("complained", returned.words)
    if returned.nature != "report":
        return None
    named = [fate for fate in returned.fates if address in fate.recipients]
    chosen = named or returned.fates
    action = min((fate.action for fate in chosen), key=_MILDEST_FIRST.index)
    fates = [fate for fate in chosen if fate.action == action]
    words = fates[0].words
    if action == "failed":
        meant = [_meaning(fate) for fate in fates]
        soft = "" if all(one.suppress for one in meant) else soft_bounces.told_later(meant)
        return Said("bounced", words, hard=all(one.suppress for one in meant), soft=soft)
    return Said(action, words)


def _meaning(fate: Fate) -> Verdict:
    """Judged as if a relay had said it of the recipient at once."""
    code = int(found[1]) if (found := _CODE.search(fate.words)) else 0
    if fate.status:
        code = code or int(fate.status[0]) * 100 + 50
    if code >= 500 and fate.status.startswith("4"):
        code -= 100
    words = fate.words if fate.status in fate.words else f"{fate.status} {fate.words}"
    return meaning.classify(Reply("rcpt_to", code, words))
