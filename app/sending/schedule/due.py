"""When each delivery of a dispatch is due, in SQL: spread, window and time zones, row by row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    case,
    column,
    func,
    literal,
    select,
    values,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from app.contacts.models import Contact
from app.db import UTCDateTime
from app.rules.health.canary import Canary
from app.rules.pace import spread as spreading
from app.rules.pace.spread import PRIME, Spread, Stretch
from app.rules.pace.windows import Window


@dataclass(frozen=True, slots=True)
class Due:
    """What says when a delivery is due: from ``start`` on, through ``spread`` and ``window``;
    ``zone`` is the workspace's. With a ``canary`` its few are due first, and the others after the
    time for which it is waited; ``seed`` chooses them.
    """

    start: datetime
    zone: str = "UTC"
    spread: Spread | None = None
    window: Window | None = None
    canary: Canary | None = None
    seed: int = 0

    @property
    def at_once(self) -> bool:
        """Whether all are due at the start."""
        return self.spread is None and self.window is None and self.canary is None

    @property
    def pause(self) -> int:
        """Milliseconds of open time between the canaries and the others."""
        return round(self.canary.wait.total_seconds() * 1000) if self.canary is not None else 0

    def stretches(self, zone: str) -> list[Stretch]:
        """Open time in a zone, enough for all of it. Raises ValueError."""
        needed = self.pause + (self.spread.most if self.spread is not None else 0)
        return spreading.stretches(self.window, ZoneInfo(zone), self.start, needed)

    def rest_from(self) -> datetime:
        """When the first who is no canary is due, if all goes well."""
        found = spreading.moment(self.stretches(self.zone), self.pause)
        return datetime.fromtimestamp(found / 1000, UTC)


class instant(FunctionElement[datetime]):  # noqa: N801 - it is written like an SQL function
    """SQL: the moment that is so many milliseconds after 1970."""

    type = UTCDateTime()
    inherit_cache = True
    name = "instant"


@compiles(instant, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    return f"to_timestamp(({compiler.process(element.clauses, **more)}) / 1000.0)"


@compiles(instant, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    inner = compiler.process(element.clauses, **more)
    return f"strftime('%Y-%m-%d %H:%M:%f000', ({inner}) / 1000.0, 'unixepoch')"


class later(FunctionElement[datetime]):  # noqa: N801 - it is written like an SQL function
    """SQL: a moment and so many milliseconds."""

    type = UTCDateTime()
    inherit_cache = True
    name = "later"


@compiles(later, "postgresql")
def _later_on_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    moment, wait = (compiler.process(one, **more) for one in element.clauses)
    return f"({moment} + make_interval(secs => ({wait}) / 1000.0))"


@compiles(later, "sqlite")
def _later_on_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    moment, wait = (compiler.process(one, **more) for one in element.clauses)
    return f"strftime('%Y-%m-%d %H:%M:%f000', {moment}, (({wait}) / 1000.0) || ' seconds')"


def placed(session: Session, contacts: Select[Any], due: Due) -> Select[Any]:
    """SELECT of contact id, e-mail, address, place (from 0) and due_at for each of ``contacts``.

    Raises ValueError when the spread does not fit into the window.
    """
    people = contacts.subquery()
    contact_id, email, address = people.c
    place: Any = func.row_number().over(order_by=contact_id) - 1
    if due.at_once:
        now = literal(due.start, UTCDateTime()).label("due_at")
        return select(contact_id, email, address, place.label("place"), now)
    return _timed(session, people, place, due)


def _timed(session: Session, people: Any, place: Any, due: Due) -> Select[Any]:
    zoned = due.window is not None and due.window.recipient
    zones = _zones(session, people) if zoned else []
    contact_id, email, address = people.c
    rows = select(
        contact_id.label("contact_id"),
        email.label("email"),
        address.label("address"),
        place.label("place"),
        func.count().over().label("audience"),
        (_zone(zones) if zoned else literal("", Text())).label("zone"),
    ).select_from(people)
    if zoned:
        rows = rows.join(Contact, Contact.id == contact_id)
    given = _with_offset(rows, due.spread)
    if due.canary is not None:
        given = _after_canaries(session, given.subquery(), due, due.canary)
    timed = given.subquery()
    open_time = _open_time(due, zones)
    fits = (open_time.c.begins <= timed.c.waits) & (open_time.c.ends > timed.c.waits)
    moment = instant(open_time.c.at + timed.c.waits - open_time.c.begins).label("due_at")
    return select(
        timed.c.contact_id, timed.c.email, timed.c.address, timed.c.place, moment
    ).join_from(timed, open_time, (open_time.c.zone == timed.c.zone) & fits)


def _with_offset(rows: Select[Any], spread: Spread | None) -> Select[Any]:
    """The rows with ``waits``; the same sums as ``rules.spread.offset``."""
    if spread is None:
        given = rows.subquery()
        return select(given, literal(0, BigInteger()).label("waits"))
    if spread.evenly:
        given = rows.subquery()
        return select(given, (given.c.place * spread.most // given.c.audience).label("waits"))
    given = _scattered(rows.subquery(), spread.seed).subquery()
    waits = spread.least + given.c.scattered % (spread.most - spread.least + 1)
    return select(given, waits.label("waits"))


def _scattered(rows: Any, seed: int) -> Select[Any]:
    """The rows with ``scattered``; the same sums as ``rules.spread.scatter``."""
    keyed = select(rows, ((rows.c.place + seed) % PRIME).label("x")).subquery()
    squared = select(keyed, (keyed.c.x * keyed.c.x % PRIME).label("x2")).subquery()
    fourth = select(squared, (squared.c.x2 * squared.c.x2 % PRIME).label("x4")).subquery()
    kept = [fourth.c[one.key] for one in rows.c]
    return select(*kept, ((fourth.c.x4 * fourth.c.x + seed) % PRIME).label("scattered"))


def _after_canaries(session: Session, rows: Any, due: Due, canary: Canary) -> Select[Any]:
    """The canaries do not wait; the others wait for them first."""
    audience = session.scalar(select(func.count()).select_from(rows)) or 0
    given = _scattered(rows, due.seed + 1).subquery()
    rank = func.row_number().over(order_by=given.c.scattered)
    ranked = select(given, rank.label("rank")).subquery()
    first = ranked.c.rank <= canary.size(audience)
    waits = case((first, 0), else_=ranked.c.waits + due.pause).label("waits")
    kept = [ranked.c[one.key] for one in rows.c if one.key != "waits"]
    return select(*kept, waits)


def _open_time(due: Due, zones: Sequence[str]) -> Any:
    """One row for each stretch of open time in each zone; "" is the workspace's."""
    known = {name: name for name in zones} | {"": due.zone}
    rows = [
        (name, one.begins, one.ends, one.at)
        for name, zone in known.items()
        for one in due.stretches(zone)
    ]
    numbers = (column(name, BigInteger()) for name in ("begins", "ends", "at"))
    return values(column("zone", Text()), *numbers, name="open_time").data(rows).cte("open_time")


def _zones(session: Session, people: Any) -> list[str]:
    """The time zones that these contacts name, those that there are."""
    named = select(Contact.timezone).join(people, people.c[0] == Contact.id).distinct()
    wanted = named.where(Contact.timezone.in_(available_timezones()))
    return sorted(session.scalars(wanted))


def _zone(zones: Sequence[str]) -> ColumnElement[str]:
    return case((Contact.timezone.in_(zones), Contact.timezone), else_="")
