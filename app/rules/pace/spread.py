"""How a campaign is spread over time: evenly, or each recipient after a delay of her own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.rules.pace import windows
from app.rules.pace.windows import Window

#: A prime, so that every number below it has its own image; its square fits into 63 bits.
PRIME = 2**31 - 1
#: Seven days: longer is several campaigns.
MOST_MINUTES = 7 * 24 * 60
#: More openings of the sending window than this are not planned ahead.
MOST_OPENINGS = 60


@dataclass(frozen=True, slots=True)
class Spread:
    """``evenly``: the audience shares ``most`` milliseconds evenly. Else each recipient waits
    between ``least`` and ``most``, by a keyed hash of ``seed``: the same whenever it is asked.
    """

    evenly: bool
    least: int
    most: int
    seed: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Open time: what is due ``begins`` to ``ends`` milliseconds after the launch, counted in
    open time, goes from the moment ``at`` on (epoch milliseconds).
    """

    begins: int
    ends: int
    at: int


def from_words(words: Mapping[str, Any] | None, seed: int) -> Spread | None:
    """As it is stored: ``{"minutes": 60}`` or ``{"min_seconds": 0, "max_seconds": 600}``."""
    if not words:
        return None
    if "minutes" in words:
        return Spread(True, 0, words["minutes"] * 60_000, seed)
    return Spread(False, words["min_seconds"] * 1000, words["max_seconds"] * 1000, seed)


def scatter(seed: int, place: int) -> int:
    """A number below PRIME for a place: another for each, scattered, the same for ever."""
    x = (place + seed) % PRIME
    squared = x * x % PRIME
    fourth = squared * squared % PRIME
    return (fourth * x + seed) % PRIME


def offset(spread: Spread, place: int, audience: int) -> int:
    """Milliseconds of open time until the one at ``place`` (from 0) is due."""
    if spread.evenly:
        return place * spread.most // max(audience, 1)
    return spread.least + scatter(spread.seed, place) % (spread.most - spread.least + 1)


def stretches(window: Window | None, zone: ZoneInfo, now: datetime, needed: int) -> list[Stretch]:
    """Open time from ``now`` on, enough for ``needed`` milliseconds. Raises ValueError when that
    is further away than can be planned.
    """
    found: list[Stretch] = []
    used = 0
    for opens, closes in _open_times(window, now, zone, needed):
        length = round((closes - opens).total_seconds() * 1000)
        found.append(Stretch(used, used + length, round(opens.timestamp() * 1000)))
        used += length
        if used > needed:
            return found
        if len(found) == MOST_OPENINGS:
            break
    raise ValueError(
        f"it does not fit into the next {MOST_OPENINGS} openings of the sending window"
    )


def moment(stretches: Sequence[Stretch], waits: int) -> int:
    """The moment (epoch milliseconds) after ``waits`` milliseconds of open time."""
    one = next(one for one in stretches if one.begins <= waits < one.ends)
    return one.at + waits - one.begins


def _open_times(
    window: Window | None, now: datetime, zone: ZoneInfo, needed: int
) -> Iterator[tuple[datetime, datetime]]:
    if window is None:
        return iter([(now, now + timedelta(milliseconds=needed + 1))])
    return windows.open_times(window, now, zone)
