"""What a relay did in some time, in numbers: counts that add up, and times that merge."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

#: Everything that is counted of attempts. ``hard`` and ``soft``: recipients whom the relay
#: itself refused for good while the mail was handed over.
COUNTS = (
    "attempts",
    "accepted",
    "deferred",
    "throttled",
    "hard",
    "soft",
    "rejected",
    "refused",
    "blocked",
    "unauthorized",
    "unknown",
)


@dataclass(frozen=True, slots=True)
class Figures:
    """``reply`` and ``queue`` are times: milliseconds, cut to two digits, -> how many took so
    long. ``reply``: from the begin of an attempt to the relay's answer. ``queue``: from the
    moment a mail was due to its acceptance.
    """

    counts: dict[str, int] = field(default_factory=dict)
    reply: dict[int, int] = field(default_factory=dict)
    queue: dict[int, int] = field(default_factory=dict)

    def __getitem__(self, name: str) -> int:
        return self.counts.get(name, 0)


def total(parts: Iterable[Figures]) -> Figures:
    """All of them together."""
    counts: Counter[str] = Counter()
    reply: Counter[int] = Counter()
    queue: Counter[int] = Counter()
    for one in parts:
        counts.update(one.counts)
        reply.update(one.reply)
        queue.update(one.queue)
    return Figures(counts, reply, queue)


def quantile(times: dict[int, int], share: float) -> int | None:
    """The time within which this share of them came; None where there are none."""
    left = share * sum(times.values())
    for time in sorted(times):
        left -= times[time]
        if left <= 0:
            return time
    return None


def cut(milliseconds: int) -> int:
    """A time as it is kept, with its first two digits: 7, 256 -> 250, 4711 -> 4700."""
    size = 1
    while milliseconds >= 100 * size:
        size *= 10
    return milliseconds - milliseconds % size


def hour_of(moment: datetime) -> int:
    """The hour in which a moment lies: hours since 1970 in UTC."""
    return int(moment.timestamp() // 3600)


def start_of(hour: int) -> datetime:
    """When such an hour begins."""
    return datetime.fromtimestamp(hour * 3600, UTC)
