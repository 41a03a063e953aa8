"""When nobody believes a relay that says no to everybody: it is in trouble, not its recipients."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

#: So many different recipients refused in a row, within so long, is the relay's trouble.
LEAST = 20
WITHIN = timedelta(hours=1)
#: A message that so many recipients' servers reject within so long is held, ...
REJECTIONS = 10
#: ... or so large a part of those who were answered, if they are at least so many.
SHARE = 0.05
FEW = 3
LATELY = timedelta(minutes=10)

#: An attempt and when it was refused (epoch seconds).
Refusal = tuple[int, float]


def longer(streak: Sequence[Refusal], attempt: int, now: datetime) -> list[Refusal]:
    """The refusals in a row after one more; those of long ago say nothing any more."""
    oldest = (now - WITHIN).timestamp()
    return [*(one for one in streak if one[1] > oldest), (attempt, now.timestamp())]


def is_incredible(addresses: Collection[str]) -> bool:
    """Whether refusing all of these in a row is nothing that their addresses explain."""
    return len(set(addresses)) >= LEAST


def is_senders_fault(refused: int, answered: int) -> bool:
    """Whether so many mails that no relay takes from this sender, beside so many that were
    answered, are no whim of a few servers.
    """
    return refused >= REJECTIONS or refused >= SHARE * (answered + refused)


def is_unwanted(rejected: int, answered: int) -> bool:
    """Whether a message that was rejected so often, of so many answers, is held."""
    return rejected >= REJECTIONS or (rejected >= FEW and rejected >= SHARE * answered)
