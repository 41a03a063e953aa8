"""When mails that came back for now add up to an address that is not written to any more."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import timedelta

from app.rules.replies.meaning import Verdict

#: The kinds, and how many of one in a row are enough: words that nobody knows, a mailbox that is
#: full, a server that said "later" until the mail was given up.
ENOUGH = {"undetermined": 2, "full": 3, "given_up": 5}
#: So many in a row are enough, whatever they are.
OF_ALL = 5
#: Messages to one person come close together: those that come back within this time count once.
APART = timedelta(hours=1)


def is_enough(kinds: Collection[str]) -> bool:
    """Whether these, with nothing delivered between them, mean that the address is no good."""
    counted = Counter(kinds)
    return len(kinds) >= OF_ALL or any(counted[kind] >= most for kind, most in ENOUGH.items())


def told_at_once(verdict: Verdict, state: str) -> str:
    """The kind of soft bounce that an answer is, "" when it is none; ``state``: what became of
    the mail after it.
    """
    return verdict.soft or (_given_up(verdict) if state == "failed" else "")


def told_later(verdicts: Sequence[Verdict]) -> str:
    """The same of a report that a mail could not be delivered to any of several ways."""
    kinds = [one.soft or _given_up(one) for one in verdicts if not one.suppress]
    return kinds[0] if kinds and all(kinds) else ""


def _given_up(verdict: Verdict) -> str:
    about_her = verdict.outcome == "deferred" and verdict.whom == "recipient"
    return "given_up" if about_her else ""
