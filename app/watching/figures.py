"""What relays did between two moments, and how that compares with the week before."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.rules.health import usual
from app.rules.health.figures import Figures, hour_of, start_of, total
from app.rules.health.usual import Compared
from app.sending.models import Relay
from app.sending.relays import settings, standing
from app.watching import later
from app.watching.keeping import read
from app.watching.models import ALL, RelayFigures
from app.workspaces.models import Workspace

HOUR = timedelta(hours=1)
#: What is usual is what the days before were like.
USUAL = timedelta(days=7)
#: The longest time that is told at once, by what it is cut into.
LONGEST = {"hour": timedelta(days=31), "day": timedelta(days=366)}


@dataclass(frozen=True, slots=True)
class Part:
    """An hour or a day, and what happened in it."""

    start: datetime
    figures: Figures


@dataclass(frozen=True, slots=True)
class Metrics:
    """A relay from ``since`` to ``until``: in parts, in total, and beside the week before.

    ``hears``: what would be known of its mails later, bounced or complained.
    """

    relay: Relay
    since: datetime
    until: datetime
    parts: list[Part]
    total: Figures
    usual: Figures
    compared: list[Compared]
    hears: frozenset[str] = frozenset()


def of_relay(
    session: Session,
    workspace_id: UUID,
    relay_id: UUID,
    *,
    since: datetime | None,
    until: datetime | None,
    by: str,
    now: datetime,
) -> Metrics:
    """One relay; ``by`` hour, or day in the workspace's time zone. Raises NotFound, Invalid."""
    relay = settings.get(session, workspace_id, relay_id)
    return _metrics(session, workspace_id, [relay], since, until, by, now)[0]


def of_workspace(
    session: Session,
    workspace_id: UUID,
    *,
    since: datetime | None,
    until: datetime | None,
    now: datetime,
) -> list[Metrics]:
    """Every relay in the order of the chain, in total. Raises Invalid."""
    found = standing.of_workspace(session, workspace_id)
    return _metrics(session, workspace_id, found, since, until, "day", now)


def _metrics(
    session: Session,
    workspace_id: UUID,
    some: list[Relay],
    since: datetime | None,
    until: datetime | None,
    by: str,
    now: datetime,
) -> list[Metrics]:
    since, until = _span(since, until or now, by)
    first, last = hour_of(since), hour_of(until - timedelta(microseconds=1))
    zone = ZoneInfo(session.get_one(Workspace, workspace_id).timezone)
    hours = by_hour(session, [one.id for one in some], first - USUAL // HOUR, last)
    start = _day_in(zone) if by == "day" else start_of
    ears = later.listening(session, workspace_id, now)
    told = [_one(relay, hours.get(relay.id, {}), first, last, start, now) for relay in some]
    return [
        replace(one, hears=frozenset(kind for kind in ears if one.relay.id in ears[kind]))
        for one in told
    ]


def _span(since: datetime | None, until: datetime, by: str) -> tuple[datetime, datetime]:
    if not all(1972 <= moment.year <= 9000 for moment in (since or until, until)):
        raise Invalid.at("from", "'from' and 'to' must lie between the years 1972 and 9000.")
    since = since or until - timedelta(days=1)
    if since >= until:
        raise Invalid.at("from", "'from' must lie before 'to'.")
    if until - since > LONGEST[by]:
        sentence = f"By {by}, at most {LONGEST[by].days} days can be told at once: ask for less."
        raise Invalid.at("from", sentence)
    return since, until


def _one(
    relay: Relay,
    hours: Mapping[int, Figures],
    first: int,
    last: int,
    start: Callable[[int], datetime],
    now: datetime,
) -> Metrics:
    parts: defaultdict[datetime, list[Figures]] = defaultdict(list)
    for hour in range(first, last + 1):
        parts[start(hour)].append(hours.get(hour, Figures()))
    here = total(hours[hour] for hour in hours if hour >= first)
    before = total(hours[hour] for hour in hours if hour < first)
    since, until = start_of(first), start_of(last + 1)
    known = max(since - USUAL, relay.created_at)
    compared = usual.compare(
        here,
        before,
        hours=max((min(until, now) - since) / HOUR, 0),
        usual_hours=max((since - known) / HOUR, 0),
    )
    told = [Part(moment, total(some)) for moment, some in parts.items()]
    return Metrics(relay, since, until, told, here, before, compared)


def _day_in(zone: ZoneInfo) -> Callable[[int], datetime]:
    def start(hour: int) -> datetime:
        here = start_of(hour).astimezone(zone)
        return here.replace(hour=0, minute=0, fold=0).astimezone(UTC)

    return start


def by_hour(
    session: Session, relay_ids: Collection[UUID], first: int, last: int
) -> Mapping[UUID, Mapping[int, Figures]]:
    """Figures by relay and hour, ``first`` to ``last``; silent hours are missing."""
    rows = session.scalars(
        select(RelayFigures).where(
            RelayFigures.relay_id.in_(relay_ids), RelayFigures.hour.between(first, last)
        )
    )
    found: defaultdict[UUID, dict[int, Figures]] = defaultdict(dict)
    for row in rows:
        one = found[row.relay_id].get(row.hour)
        found[row.relay_id][row.hour] = total([one, read(row)]) if one else read(row)
    for relay_id, heard in later.by_hour(session, relay_ids, first, last).items():
        for hour, counts in heard.items():
            known = found[relay_id].get(hour, Figures())
            found[relay_id][hour] = total([known, Figures(counts)])
    return found


def ever(session: Session) -> dict[UUID, Figures]:
    """Everything that was ever counted, by relay, of all workspaces."""
    rows = session.scalars(
        select(RelayFigures).where((RelayFigures.stretch == ALL) | (RelayFigures.stretch >= 0))
    )
    parts: defaultdict[UUID, list[Figures]] = defaultdict(list)
    for row in rows:
        parts[row.relay_id].append(read(row))
    return {relay_id: total(some) for relay_id, some in parts.items()}
