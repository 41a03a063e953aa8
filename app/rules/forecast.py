"""What would happen if this were launched: the days ahead, played window by window, not by mail."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil, floor, inf
from uuid import UUID
from zoneinfo import ZoneInfo

from app.rules.pace import limits, windows
from app.rules.pace.limits import Limits, Meter
from app.rules.pace.windows import Window

#: Nobody plans further ahead.
HORIZON = timedelta(days=60)
_HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Ship:
    """A relay as far as it matters here. ``allowed``: its limits at a moment; ``own_daily``: its
    daily limit without a warm-up. Until ``away_until`` it takes nothing, for ever when it is
    ``dead``; ``waited_for``: nobody helps meanwhile.
    """

    relay_id: UUID
    allowed: Callable[[datetime], Limits]
    meter: Meter
    own_daily: int | None = None
    away_until: datetime | None = None
    waited_for: bool = False
    dead: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """So many that become due one after another, from ``begins`` to ``ends``."""

    begins: datetime
    ends: datetime
    count: int

    def by(self, moment: datetime) -> int:
        """How many are due before a moment."""
        if moment <= self.begins:
            return 0
        if moment >= self.ends:
            return self.count
        share = (moment - self.begins) / (self.ends - self.begins)
        return min(self.count, ceil(share * self.count))

    def at(self, number: int) -> datetime:
        """When the one with this number (from 1) is due."""
        return self.begins + (self.ends - self.begins) * ((number - 1) / self.count)


@dataclass(slots=True)
class Cohort:
    """Mails that are alike: whom they may go through, when they are due, when they may go."""

    chain: Sequence[UUID]
    arrivals: Sequence[Arrival]
    window: Window | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    mine: bool = True
    sent: int = 0
    last_at: datetime | None = None

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(one.count for one in self.arrivals)

    def due_by(self, moment: datetime) -> int:
        """How many are due before a moment."""
        return sum(one.by(moment) for one in self.arrivals)

    def due_at(self, number: int) -> datetime:
        """When the one with this number (from 1) is due."""
        for one in self.arrivals:
            if number <= one.count:
                return one.at(number)
            number -= one.count
        raise ValueError("there are not so many")


@dataclass(slots=True)
class Share:
    """What one relay carries of it, and which of its limits are in the way."""

    mails: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    bound_by: set[str] = field(default_factory=set)


class Voyage:
    """Plays the ships and the cohorts, those that are asked first in front."""

    def __init__(
        self, ships: Sequence[Ship], cohorts: Sequence[Cohort], now: datetime, zone: ZoneInfo
    ) -> None:
        self._ships = {one.relay_id: one for one in ships}
        self._cohorts = cohorts
        self._zone = zone
        self._now = now
        self.shares: defaultdict[UUID, Share] = defaultdict(Share)
        self.waited_for_window = False

    def play(self) -> None:
        """Until all that is ours was sent, or nobody looks further ahead."""
        moment = self._now
        while moment < self._now + HORIZON:
            after = self._next(moment)
            self._step(moment, after)
            mine = [one for one in self._cohorts if one.mine]
            if all(one.sent == one.count for one in mine):
                return
            moment = after

    def _next(self, moment: datetime) -> datetime:
        """The next moment at which something changes: an hour, a window, a relay, an arrival."""
        local = moment.astimezone(self._zone).replace(minute=0, second=0, microsecond=0)
        hour = moment + timedelta(seconds=local.timestamp() + 3600 - moment.timestamp())
        edges = [one.away_until for one in self._ships.values() if one.away_until]
        for cohort in self._cohorts:
            if cohort.sent < cohort.count:
                edges += [edge for one in cohort.arrivals for edge in (one.begins, one.ends)]
                edges += _edges(cohort, moment)
        return min([hour, *(edge for edge in edges if edge > moment)])

    def _step(self, moment: datetime, after: datetime) -> None:
        spent: defaultdict[UUID, float] = defaultdict(float)
        for cohort in self._cohorts:
            waiting = cohort.due_by(after) - cohort.sent
            if waiting <= 0:
                continue
            if cohort.window and not windows.is_open(cohort.window, moment, cohort.zone):
                self.waited_for_window |= cohort.mine
                continue
            self._ask(cohort, waiting, moment, (after - moment).total_seconds(), spent)

    def _ask(
        self,
        cohort: Cohort,
        waiting: int,
        moment: datetime,
        seconds: float,
        spent: defaultdict[UUID, float],
    ) -> None:
        """Goes along the chain as routing does: only who is away or used up is passed over."""
        began = 0.0
        for relay_id in cohort.chain:
            ship = self._ships[relay_id]
            if why := _away(ship, moment):
                self._bound(cohort, relay_id, why)
                if ship.waited_for:
                    return
                continue
            allowed = ship.allowed(moment)
            quota = limits.room(
                replace(allowed, rate=None), ship.meter, moment, self._zone, waiting
            ).now
            start = max(spent[relay_id], began)
            pace = allowed.rate or inf
            most = waiting if pace == inf else floor(pace * (seconds - start) + 1e-6)
            taken = max(0, min(waiting, quota, most))
            if taken:
                ship.meter = limits.take(
                    replace(allowed, rate=None), ship.meter, moment, self._zone, taken
                )
                spent[relay_id] = start + taken / pace
                self._record(cohort, relay_id, taken, moment, start, spent[relay_id])
            waiting -= taken
            if not waiting:
                return
            if taken < quota:
                self._bound(cohort, relay_id, "rate")
                return
            self._bound(cohort, relay_id, _quota(ship, allowed, moment, self._zone))
            began = spent[relay_id]

    def _record(
        self,
        cohort: Cohort,
        relay_id: UUID,
        taken: int,
        moment: datetime,
        start: float,
        end: float,
    ) -> None:
        first_at = max(moment + timedelta(seconds=start), cohort.due_at(cohort.sent + 1))
        cohort.sent += taken
        last_at = max(moment + timedelta(seconds=end), cohort.due_at(cohort.sent))
        cohort.last_at = max(cohort.last_at or last_at, last_at)
        if cohort.mine:
            share = self.shares[relay_id]
            share.mails += taken
            share.first_at = min(share.first_at or first_at, first_at)
            share.last_at = max(share.last_at or last_at, last_at)

    def _bound(self, cohort: Cohort, relay_id: UUID, why: str) -> None:
        if cohort.mine:
            self.shares[relay_id].bound_by.add(why)


def _away(ship: Ship, moment: datetime) -> str:
    if ship.dead:
        return "away"
    return "away" if ship.away_until is not None and ship.away_until > moment else ""


def _quota(ship: Ship, allowed: Limits, moment: datetime, zone: ZoneInfo) -> str:
    meter = limits.turned(ship.meter, moment, zone)
    if allowed.daily is None or limits.begun_today(allowed, meter) < allowed.daily:
        return "hourly"
    return "daily" if allowed.daily == ship.own_daily else "warm_up"


def _edges(cohort: Cohort, moment: datetime) -> Iterator[datetime]:
    if cohort.window is not None:
        opens, closes = next(windows.open_times(cohort.window, moment, cohort.zone))
        yield opens
        yield closes
