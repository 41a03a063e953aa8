"""How long is waited before something is tried again, and when it is given up."""

from collections.abc import Collection
from datetime import datetime, timedelta

from app.rules.replies import hints

#: Minutes between rounds through the whole chain of relays.
_ROUND = (1, 5, 15, 60)
#: Minutes before a recipient's server is asked again.
_RECIPIENT = (5, 15, 30, 60, 120)
#: The longest pause after throttling: what Amazon SES asks for.
_THROTTLE_MOST = timedelta(minutes=10)
_SECOND, _MINUTE, _HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def between_rounds(round_: int, outcomes: Collection[str] = ()) -> timedelta:
    """The wait after round number ``round_`` (0 is the first) brought nothing but these outcomes;
    where a destination blocks a relay, it is left in peace for longer.
    """
    usual = timedelta(minutes=_ROUND[min(round_, len(_ROUND) - 1)])
    return max(usual, FOR_BLOCK) if "blocked" in outcomes else usual


def for_recipient(tries: int, words: str = "") -> timedelta:
    """The wait after the recipient's server said "later" for the ``tries``-th time (from 1); as
    long as its ``words`` say, within 1 minute and 4 hours.
    """
    usual = timedelta(minutes=_RECIPIENT[min(tries, len(_RECIPIENT)) - 1])
    return hints.bounded(words, usual, least=_MINUTE, most=4 * _HOUR)


def for_throttle(streak: int, words: str = "") -> timedelta:
    """The relay's pause after the ``streak``-th throttling in a row (from 1): 1 s, doubling, or
    as long as its ``words`` say, at most an hour.
    """
    usual = min(timedelta(seconds=2 ** min(streak - 1, 12)), _THROTTLE_MOST)
    return hints.bounded(words, usual, least=_SECOND, most=_HOUR)


def for_quota(words: str) -> timedelta:
    """The relay's pause when its quota is used up: an hour, for few say when their day ends."""
    return hints.bounded(words, _HOUR, least=_MINUTE, most=24 * _HOUR)


def for_logins(words: str) -> timedelta:
    """The relay's pause when too many log in."""
    return hints.bounded(words, timedelta(minutes=5), least=_MINUTE, most=_HOUR)


def for_destination(streak: int, words: str, *, blocked: bool) -> timedelta:
    """The pause after a destination's ``streak``-th complaint in a row (from 1): minutes, hours
    when it blocks the relay for its reputation, or as long as its ``words`` say.
    """
    first, most = (_HOUR, 4 * _HOUR) if blocked else (_MINUTE, _HOUR)
    usual = min(first * 2 ** min(streak - 1, 12), most)
    return hints.bounded(words, usual, least=first, most=4 * _HOUR)


#: Until this has passed, the answer to a body that was handed over may still come: a sender that
#: lost its lease waits ten minutes for it, and what it hears still counts.
FOR_ANSWER = timedelta(minutes=15)
#: A destination that blocks a relay for its reputation is tried again after this.
FOR_BLOCK = timedelta(hours=1)


def is_over(first_tried_at: datetime | None, now: datetime, give_up: timedelta) -> bool:
    """Whether a delivery first tried then has been tried for long enough."""
    return first_tried_at is not None and now - first_tried_at >= give_up
