"""The numbers of a folder's mails (UIDs), asked for in parts: a line of an answer has its limit.

imaplib takes no line of more than a million bytes, and the answer to a search is one line.
"""

import imaplib
import re
from datetime import date
from typing import Any

from app.wire.imap_words import day, good

#: A part: its answer stays below the limit, also if every number has ten digits.
WINDOW = 50_000
#: The largest number that a mail can have (RFC 3501, 2.3.1.1).
_LARGEST = 2**32 - 1


class Numbers:
    """The opened folder of a connection, which knows its mails by number and by place (1, 2, 3)."""

    def __init__(self, client: imaplib.IMAP4) -> None:
        self._client = client

    def between(self, first: int, last: int, since: date | None = None) -> list[int]:
        """The mails with numbers from ``first`` to ``last``, in order; those that came on the day
        ``since`` or later.
        """
        what = [] if since is None else ["SINCE", day(since)]
        span = f"{first}:{min(last, _LARGEST)}"
        answer = good(self._client.uid("SEARCH", "UID", span, *what))
        return sorted(int(one) for one in b" ".join(one or b"" for one in answer).split())

    def at(self, places: str) -> list[tuple[int, int]]:
        """Place and number of the mails at ``places`` ("7", "3:*"), in order."""
        return _told(self._client.fetch(places, "(UID)"))

    def last(self) -> tuple[int, int]:
        """Place and number of the last mail; (0, 0) in an empty folder, where nothing has a place
        but every number may be asked for.
        """
        return (_told(self._client.uid("FETCH", "*", "(UID)")) or [(0, 0)])[-1]


def _told(answer: tuple[str, list[Any]]) -> list[tuple[int, int]]:
    told = (re.match(rb"(\d+) \(.*?\bUID (\d+)", one or b"") for one in good(answer))
    return sorted((int(one[1]), int(one[2])) for one in told if one)


def after(folder: Numbers, uid: int) -> list[int]:
    """The next mails after ``uid``, oldest first; a part of them, [] when there are none."""
    if uid >= _LARGEST:
        return []
    if found := folder.between(uid + 1, uid + WINDOW):
        return found
    first = _first_after(folder, uid)
    return folder.between(uid + 1, first + WINDOW) if first else []


def newest(folder: Numbers, most: int) -> list[int]:
    """The ``most`` newest mails, newest first."""
    last, _ = folder.last()
    if not last:
        return []
    return [uid for _, uid in folder.at(f"{max(1, last - most + 1)}:*")][::-1][:most]


def _first_after(folder: Numbers, uid: int) -> int:
    """The number of a mail after ``uid`` with none between them; 0 when there is no later one.

    There may be a gap of any size, so it is looked for by place. When mails are removed meanwhile
    their followers move up, and some may be between after all: whoever asks has to ask for those.
    """
    low, (high, first) = 0, folder.last()
    if first <= uid:
        return 0
    while high - low > 1:
        middle = (low + high) // 2
        found = folder.at(str(middle))
        if found and found[0][1] <= uid:
            low = middle
        else:
            high, first = middle, found[0][1] if found else first
    return first
