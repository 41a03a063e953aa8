"""What a lane is given: works, the ways out, and hooks to call."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app.rules.replies.meaning import Reply
from app.sending.letters.letter import Post
from app.sending.models import Relay
from app.wire.conversation import Parcel
from app.wire.line import Line
from app.wire.opening import Endpoint


@dataclass(slots=True)
class Work:
    """A begun delivery on its way. ``urgent``: somebody waits for it; ``moved``: it was already
    given a second line.
    """

    attempt_id: int
    parcel: Parcel
    moved: bool = False
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Ways:
    """How this sender gets out: links in letters, a relay's endpoint, and how a line is opened."""

    post: Post
    endpoint: Callable[[Relay], Endpoint]
    open_line: Callable[[Endpoint], Awaitable[Line]]


async def _at_once(_attempt: int) -> None:
    return


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a lane calls: ``say`` before a body leaves (False: it must not), ``heard`` once for
    each work with its reply (None: nothing was said) and whether a fault in it is a new one,
    ``hungry`` when half of what it can hold is gone. ``written`` waits until the end of an attempt
    is in the ledger: a relay that refused is not asked again before its breaker has heard of it.
    """

    say: Callable[[int], bool]
    heard: Callable[[int, Reply | None, bool], None]
    open_line: Callable[[Endpoint], Awaitable[Line]]
    hungry: Callable[[], None] = lambda: None
    written: Callable[[int], Awaitable[None]] = _at_once
