"""Keeps the figures: counts what is new or may have changed, and folds what is settled."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.orm import Session

from app.db import Database, insert
from app.rules.health.figures import Figures, total
from app.sending.models import Attempt
from app.watching.counting import Counted, Key, count
from app.watching.models import ALL, FOLDED, RelayFigures, Stretch

#: So many numbers of attempts are counted together.
SIZE = 20_000
#: The most stretches of one turn: after an upgrade of a large ledger there are many.
MOST = 50
#: What is open is counted again so soon.
SOON = timedelta(seconds=10)
#: A number may come into sight later than a higher one, while its transaction lasts.
LATE = timedelta(minutes=5)
#: What nobody knows may be settled later; it is looked at so often, for so long.
DOUBT, DOUBTFUL_FOR = timedelta(hours=1), timedelta(days=8)


def keep(database: Database, now: datetime, *, size: int = SIZE) -> int:
    """One turn of counting; gives back how many stretches were counted. Safe beside another."""
    with database.reading() as session:
        newest = session.scalar(select(func.max(Attempt.id))) or 0
        due = _due(session, newest, now, size)
    for number in due:
        end = (number + 1) * size - 1
        with database.reading() as session:
            version = session.scalar(select(Stretch.version).where(Stretch.number == number)) or 0
            counted = count(session, number * size, end)
        with database.transaction() as session:
            _write(session, number, version, counted, _fate(counted, now, full=newest > end))
    return len(due)


def counted_below(session: Session, *, size: int = SIZE) -> int:
    """Attempts with a smaller number are in the figures for good and not looked at again."""
    numbered = Stretch.number >= 0
    first_open = session.scalar(
        select(func.min(Stretch.number)).where(numbered, Stretch.settled.is_(False))
    )
    if first_open is not None:
        return first_open * size
    last = session.scalar(select(func.max(Stretch.number)).where(numbered))
    return 0 if last is None else (last + 1) * size


def forget(database: Database) -> None:
    """Drops every figure; the next turns count the whole ledger anew."""
    with database.transaction() as session:
        session.execute(delete(RelayFigures))
        session.execute(delete(Stretch))


def _due(session: Session, newest: int, now: datetime, size: int) -> list[int]:
    last = session.scalar(select(func.max(Stretch.number)))
    first = 0 if last is None or last < 0 else last + 1
    # One that was full to the last number, but could not be called so yet, has no later look.
    unfinished = (Stretch.highest < (Stretch.number + 1) * size - 1) | (
        Stretch.look_again_at.is_(None)
    )
    more = (Stretch.highest < newest) & unfinished
    again = session.scalars(
        select(Stretch.number)
        .where(Stretch.settled.is_(False), (Stretch.look_again_at <= now) | more)
        .order_by(Stretch.number)
    )
    new = range(first, newest // size + 1) if newest else ()
    return [*again, *new][:MOST]


def _fate(counted: Counted, now: datetime, *, full: bool) -> datetime | Literal["settled"] | None:
    """When to look again (None: when there is more), or that nothing can change any more."""
    age = now - counted.newest if counted.newest is not None else DOUBTFUL_FOR
    if counted.open:
        return now + SOON
    if age < LATE:
        return now + LATE - age
    if counted.unknown and age < DOUBTFUL_FOR:
        return now + DOUBT
    return "settled" if full else None


def _write(
    session: Session,
    number: int,
    version: int,
    counted: Counted,
    fate: datetime | Literal["settled"] | None,
) -> None:
    """Puts what was counted in the place of what was there, unless somebody was faster."""
    known = _locked(session, number)
    if known.version != version or known.settled:
        return
    session.execute(delete(RelayFigures).where(RelayFigures.stretch == number))
    known.version += 1
    known.highest = counted.highest
    known.settled = fate == "settled"
    known.look_again_at = None if fate == "settled" else fate
    _add(session, FOLDED if known.settled else number, counted.figures)
    if known.settled:
        _add(session, ALL, _sums(counted.figures))


def _locked(session: Session, number: int) -> Stretch:
    for one in (ALL, FOLDED, number):
        session.execute(insert(session, Stretch).values(_blank(one)).on_conflict_do_nothing())
    session.scalars(select(Stretch).where(Stretch.number == FOLDED).with_for_update()).one()
    which = select(Stretch).where(Stretch.number == number)
    return session.scalars(which.execution_options(populate_existing=True)).one()


def _blank(number: int) -> dict[str, Any]:
    return {"number": number, "highest": 0, "version": 0, "settled": number < 0}


def _sums(figures: Mapping[Key, Figures]) -> dict[Key, Figures]:
    found: dict[Key, Figures] = {}
    for (relay_id, _), one in figures.items():
        found[relay_id, 0] = total([found.get((relay_id, 0), Figures()), one])
    return found


def _add(session: Session, number: int, figures: Mapping[Key, Figures]) -> None:
    """Adds figures to those that a stretch (FOLDED, ALL) has already."""
    keys = tuple_(RelayFigures.relay_id, RelayFigures.hour).in_(list(figures))
    which = (RelayFigures.stretch == number) & keys
    rows = {
        (row.relay_id, row.hour): row for row in session.scalars(select(RelayFigures).where(which))
    }
    for key, one in figures.items():
        row = rows.get(key)
        if row is None:
            row = RelayFigures(stretch=number, relay_id=key[0], hour=key[1])
            session.add(row)
        else:
            one = total([one, read(row)])
        row.counts = dict(one.counts)
        row.reply_times = {str(time): many for time, many in one.reply.items()}
        row.queue_times = {str(time): many for time, many in one.queue.items()}
    session.flush()


def read(row: RelayFigures) -> Figures:
    """A row as figures."""
    return Figures(
        row.counts,
        {int(time): many for time, many in row.reply_times.items()},
        {int(time): many for time, many in row.queue_times.items()},
    )
