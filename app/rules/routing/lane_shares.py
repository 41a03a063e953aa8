"""How a relay is shared between campaigns and messages, so that nobody waits behind a campaign."""

from dataclasses import replace
from math import ceil

from app.rules.pace.limits import Limits

#: The share of a relay's connections that is kept for messages.
OF_CONNECTIONS = 0.25
#: The share of its hourly and daily limits that is kept for them.
OF_LIMITS = 0.1


def connections(most: int) -> tuple[int, int]:
    """How many of a relay's connections campaigns have, and how many messages: theirs alone.

    A single one is shared: (1, 0); there messages go first.
    """
    kept = max(1, int(most * OF_CONNECTIONS)) if most > 1 else 0
    return most - kept, kept


def left_to_campaigns(limits: Limits) -> Limits:
    """The limits as campaigns have to keep them, where messages go out through the same relay."""
    return replace(limits, hourly=_less(limits.hourly), daily=_less(limits.daily))


def _less(limit: int | None) -> int | None:
    return limit - ceil(limit * OF_LIMITS) if limit is not None else None
