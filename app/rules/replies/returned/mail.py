"""A mail that came back, as far as it was understood."""

from dataclasses import dataclass
from typing import Literal

Action = Literal["failed", "delayed", "delivered"]

#: report: what became of a mail. complaint: somebody called it spam. automatic: somebody is out of
#: office, or a machine wants something; no mail came back. other: anything else.
Nature = Literal["report", "complaint", "automatic", "other"]


@dataclass(frozen=True, slots=True)
class Fate:
    """What a report says of one recipient. ``status``: the enhanced code, such as 5.1.1, or "".
    ``words``: the reporting server's. ``recipients``: under which addresses it knows her, in lower
    case; empty when it does not say.
    """

    action: Action
    status: str
    words: str
    recipients: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Returned:
    """A mail as far as it was understood. ``text``: everything in it that can name a mail of ours:
    headers, its own and returned ones, and texts.
    """

    nature: Nature
    fates: tuple[Fate, ...] = ()
    text: str = ""
    words: str = ""
