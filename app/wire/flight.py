"""A parcel under way on a line, and how a conversation ends early."""

from dataclasses import dataclass

from app.rules.replies.meaning import Reply
from app.wire.envelope import Spoken
from app.wire.hearing import tidy


class Over(Exception):
    """Nothing more may be said on this line; says why."""


@dataclass(slots=True)
class Flight:
    """A parcel under way: what its next reply will answer, and what was decided before the end.

    ``asked``: its envelope was said; ``reset``: with RSET before it.
    """

    spoken: Spoken
    phase: str = "mail_from"
    asked: bool = False
    reset: bool = False
    verdict: Reply | None = None


def ended(code: int, words: bytes) -> Over:
    """The server said that it closes the line."""
    return Over(f"the server ended the line: {code} {tidy(words)}".rstrip())
