"""The mails of a folder in the order in which they are read, some at a time, however many."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from app.wire.imap import Mailbox

#: So many mails are stored together.
PAGE = 25
#: Of the newest mails so many are looked at, when somebody wants to see how one is read.
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Some:
    """Mails that are read together. ``upto``: everything up to this one was looked at."""

    uids: list[int]
    upto: int
    is_last: bool = False


def walk(box: Mailbox, last: int, day: date | None, *, newest: bool = False) -> Iterator[Some]:
    """The mails after number ``last`` that came on ``day`` or later; with ``newest`` the newest
    ones, newest first. At the end always one that is the last, even if there are no mails in it.
    """
    held: Some | None = None
    for some in _newest(box, day) if newest else _next(box, last, day):
        if held:
            yield held
        held = some
    yield replace(held or Some([], last), is_last=True)


def _next(box: Mailbox, last: int, day: date | None) -> Iterator[Some]:
    while part := box.after(last):
        young = box.young(part, day) if day else part
        last = part[-1]
        for at in range(0, len(young), PAGE) or (0,):
            uids, is_over = young[at : at + PAGE], at + PAGE >= len(young)
            yield Some(uids, last if is_over else uids[-1])


def _newest(box: Mailbox, day: date | None) -> Iterator[Some]:
    found = box.newest(SHOWN)
    young = box.young(found, day) if day and found else found
    for at in range(0, len(young), PAGE):
        yield Some(young[at : at + PAGE], young[0])
