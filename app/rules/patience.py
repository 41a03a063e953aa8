"""How long is waited before something is tried again, and when it is given up."""

from datetime import datetime, timedelta

#: Minutes between rounds through the whole chain of relays.
_ROUND = (1, 5, 15, 60)
#: Minutes before a recipient's server is asked again.
_RECIPIENT = (5, 15, 30, 60, 120)
#: The longest pause after throttling: what Amazon SES asks for.
_THROTTLE_MOST = timedelta(minutes=10)


def between_rounds(round_: int) -> timedelta:
    """The wait after round number ``round_`` (0 is the first) brought nothing."""
    return timedelta(minutes=_ROUND[min(round_, len(_ROUND) - 1)])


def for_recipient(tries: int) -> timedelta:
    """The wait after the recipient's server said "later" for the ``tries``-th time (from 1)."""
    return timedelta(minutes=_RECIPIENT[min(tries, len(_RECIPIENT)) - 1])


def for_throttle(streak: int) -> timedelta:
    """The relay's pause after the ``streak``-th throttling in a row (from 1): 1 s, doubling."""
    return min(timedelta(seconds=2 ** min(streak - 1, 12)), _THROTTLE_MOST)


#: A provider whose quota is used up is asked again after this: few say when their day ends.
FOR_QUOTA = timedelta(hours=1)
#: A relay that too many log in to is left alone for this long.
FOR_LOGINS = timedelta(minutes=5)
#: Until this has passed, the answer to a body that was handed over may still come: a sender that
#: lost its lease waits ten minutes for it, and what it hears still counts.
FOR_ANSWER = timedelta(minutes=15)
#: A destination that blocks a relay for its reputation is tried again after this.
FOR_BLOCK = timedelta(hours=1)


def is_over(first_tried_at: datetime | None, now: datetime, give_up: timedelta) -> bool:
    """Whether a delivery first tried then has been tried for long enough."""
    return first_tried_at is not None and now - first_tried_at >= give_up
