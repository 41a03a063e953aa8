"""Finds deliveries in a ledger of any size: page by page, each page with a bounded amount of work.

A page goes on where the one before ended, by the values of an index and not by counting rows, so
it costs the same at the millionth row. Where a search finds little, a page may come back with few
rows or none, and says where to go on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from app.sending.ledger.balance import spoken_state
from app.sending.models import Attempt, Delivery, Dispatch

#: Rows that one step looks at, the first one less: mostly it is enough. And how many steps.
_FIRST, _STEP, _STEPS = 1_000, 25_000, 8
#: One person gets so many mails at most.
_OF_ONE = 10_000
#: How the states that are spoken of outside are written down.
_WRITTEN = {"deferred": "queued"}


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; None: anything. ``address`` is normalised, ``contains`` a part of one,
    ``dispatch_id`` a campaign's or a message's. Of the attempts one must fit all of ``relay_id``,
    ``outcome``, ``code`` and ``text``. ``since`` and ``until``: when it ended or is due.
    """

    address: str | None = None
    contains: str | None = None
    dispatch_id: UUID | None = None
    state: str | None = None
    relay_id: UUID | None = None
    outcome: str | None = None
    code: int | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """The index that a search walks along. ``down``: newest first."""

    name: str
    columns: tuple[Any, ...]
    within: tuple[ColumnElement[bool], ...]
    down: bool = False

    def after(self, place: Sequence[Any]) -> ColumnElement[bool]:
        """What lies behind ``place``."""
        here = tuple_(*self.columns)
        return here < tuple_(*place) if self.down else here > tuple_(*place)

    def upto(self, place: Sequence[Any]) -> ColumnElement[bool]:
        """What does not lie behind ``place``."""
        here = tuple_(*self.columns)
        return here >= tuple_(*place) if self.down else here <= tuple_(*place)

    @property
    def by(self) -> list[Any]:
        """For ORDER BY."""
        return [one.desc() if self.down else one for one in self.columns]


@dataclass(frozen=True, slots=True)
class Found:
    """Numbers of deliveries in order, and the place from which to go on (None: that was all)."""

    ids: list[int]
    go_on: list[Any] | None


def order(search: Search) -> Order:
    """By address within one dispatch, by due time within one state of it; else newest first."""
    mine = (Delivery.dispatch_id == search.dispatch_id,)
    if search.dispatch_id is None:
        return Order("newest", (Delivery.id,), (), down=True)
    if search.state is None or search.state == "sending":
        return Order("address", (Delivery.address,), mine)
    written = Delivery.state == _WRITTEN.get(search.state, search.state)
    return Order("due", (Delivery.due_at, Delivery.id), (*mine, written))


def find(
    session: Session,
    workspace_id: UUID,
    search: Search,
    *,
    limit: int,
    place: Sequence[Any] | None,
    now: datetime,
) -> Found:
    """Up to ``limit`` deliveries behind ``place``."""
    fitting = _fitting(search, now)
    if search.address is not None:
        return _of_one(session, workspace_id, search.address, fitting, limit, place)
    walk = order(search)
    query = select(Delivery.id, *walk.columns).where(*walk.within, *fitting)
    if search.dispatch_id is None:
        query = query.join(Dispatch, Dispatch.id == Delivery.dispatch_id)
        query = query.where(Dispatch.workspace_id == workspace_id)
    return _walk(session, walk, query, limit, place)


def _walk(
    session: Session, walk: Order, query: Select[Any], limit: int, place: Sequence[Any] | None
) -> Found:
    ids: list[int] = []
    for number in range(_STEPS):
        end = _end(session, walk, place, _STEP if number else _FIRST)
        part = query.where(walk.after(place)) if place else query
        part = part.where(walk.upto(end)) if end else part
        rows = session.execute(part.order_by(*walk.by).limit(limit - len(ids))).all()
        ids += [row[0] for row in rows]
        if len(ids) == limit:
            return Found(ids, list(rows[-1][1:]))
        if end is None:
            return Found(ids, None)
        place = end
    return Found(ids, list(place or ()))


def _end(
    session: Session, walk: Order, place: Sequence[Any] | None, size: int
) -> Sequence[Any] | None:
    """The place after ``size`` rows, None where there are fewer."""
    rows = select(*walk.columns).where(*walk.within)
    if place:
        rows = rows.where(walk.after(place))
    found = session.execute(rows.order_by(*walk.by).offset(size - 1).limit(1)).first()
    return tuple(found) if found else None


def _of_one(
    session: Session,
    workspace_id: UUID,
    address: str,
    fitting: list[ColumnElement[bool]],
    limit: int,
    place: Sequence[Any] | None,
) -> Found:
    """What one person got, newest first. A dispatch has her at most once: that index is asked."""
    mine = select(Dispatch.id).where(Dispatch.workspace_id == workspace_id)
    rows = session.scalars(
        select(Delivery.id)
        .where(Delivery.dispatch_id.in_(mine), Delivery.address == address, *fitting)
        .limit(_OF_ONE)
    )
    ids = sorted((one for one in rows if place is None or one < place[0]), reverse=True)
    return Found(ids[:limit], [ids[limit - 1]] if len(ids) > limit else None)


def _fitting(search: Search, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    moment = func.coalesce(Delivery.finished_at, Delivery.due_at)
    if search.dispatch_id is not None:
        found.append(Delivery.dispatch_id == search.dispatch_id)
    if search.contains is not None:
        found.append(Delivery.address.contains(search.contains.lower(), autoescape=True))
    if search.state is not None:
        found.append(spoken_state(now) == search.state)
    if search.since is not None:
        found.append(moment >= search.since)
    if search.until is not None:
        found.append(moment < search.until)
    if tries := _of_attempts(search):
        found.append(_tried(*tries))
    if search.text is not None and not tries:
        found.append(_says(search.text))
    return found


def _of_attempts(search: Search) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if search.relay_id is not None:
        found.append(Attempt.relay_id == search.relay_id)
    if search.outcome is not None:
        found.append(Attempt.outcome == search.outcome)
    if search.code is not None:
        found.append(Attempt.code == search.code)
    if search.text is not None and found:
        found.append(_in(Attempt.text, search.text))
    if found and search.outcome is None:
        found.append(or_(Attempt.outcome.is_(None), Attempt.outcome != "void"))
    return found


def _says(words: str) -> ColumnElement[bool]:
    """In a relay's answer, or in the reason for which it is where it is."""
    return or_(_in(Delivery.reason, words), _tried(_in(Attempt.text, words)))


def _tried(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there is such an attempt. Not with EXISTS: PostgreSQL may then read every attempt
    there is, instead of those of the rows at hand.
    """
    one = select(Attempt.id).where(Attempt.delivery_id == Delivery.id, *which)
    return one.limit(1).scalar_subquery().is_not(None)


def _in(column: Any, words: str) -> ColumnElement[bool]:
    return func.lower(column).contains(words.lower(), autoescape=True)
