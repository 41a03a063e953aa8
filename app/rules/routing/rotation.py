"""Who is whose turn when a campaign is spread over several relays: by weight, never by chance."""

from collections.abc import Sequence
from math import gcd
from uuid import UUID

#: More members make no sense, and a cycle must stay short enough to be written into a query.
MOST_MEMBERS = 20
MOST_WEIGHT = 100


def turns(pool: Sequence[tuple[UUID, int]]) -> list[UUID]:
    """One whole cycle of smooth weighted round robin: 70 and 30 make 7 and 3 turns, mixed.

    Everybody in turn takes the next; after a cycle it begins again.
    """
    shared = gcd(*(weight for _, weight in pool)) if pool else 1
    weights = [weight // shared for _, weight in pool]
    lead = [0] * len(weights)
    cycle: list[UUID] = []
    for _ in range(sum(weights)):
        lead = [ahead + weight for ahead, weight in zip(lead, weights, strict=True)]
        ahead = lead.index(max(lead))
        lead[ahead] -= sum(weights)
        cycle.append(pool[ahead][0])
    return cycle
