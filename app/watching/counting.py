"""Counts the ledger, stretch by stretch: exact after any crash; sending never waits for it."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, cast, func, select
from sqlalchemy.orm import Session

from app.rules.health.figures import Figures, cut
from app.rules.replies.meaning import Reply, classify
from app.sending.models import Attempt, Relay
from app.sending.replies.judging import Judge

Key = tuple[UUID, int]
Sums = defaultdict[Key, Figures]
#: Milliseconds of waiting that make no difference, so that a campaign is not as many groups.
_COARSE = 10


@dataclass(frozen=True, slots=True)
class Counted:
    """A stretch as the ledger has it: figures by (relay, hour), its last attempt and when that
    was begun, and how many of its attempts are open or in doubt.
    """

    figures: dict[Key, Figures]
    highest: int
    newest: datetime | None
    open: int
    unknown: int


def count(session: Session, first: int, last: int) -> Counted:
    """Counts the attempts numbered ``first`` to ``last``; void ones are none."""
    which = Attempt.id.between(first, last)
    highest, newest, open_, unknown = session.execute(
        select(
            func.coalesce(func.max(Attempt.id), first - 1),
            func.max(Attempt.begun_at),
            func.count().filter(Attempt.outcome.is_(None)),
            func.count().filter(Attempt.outcome == "unknown"),
        ).where(which)
    ).one()
    sums: Sums = defaultdict(_nothing)
    _add_replies(session, which, sums)
    _add_waiting(session, which, sums)
    _add_bounces(session, which, sums)
    return Counted(dict(sums), highest, newest, open_, unknown)


def _nothing() -> Figures:
    return Figures(Counter(), Counter(), Counter())


def _add_replies(session: Session, which: ColumnElement[bool], sums: Sums) -> None:
    took = _milliseconds(session, Attempt.begun_at)
    for relay_id, hour, outcome, time, many in session.execute(
        _by_hour(session, which, Attempt.outcome, took)
    ):
        sum_ = sums[relay_id, hour]
        sum_.counts["attempts"] += many
        if outcome != "bounced":
            sum_.counts[outcome] += many
        if outcome != "unknown":
            sum_.reply[cut(time)] += many


def _add_waiting(session: Session, which: ColumnElement[bool], sums: Sums) -> None:
    waited = _milliseconds(session, Attempt.due_at) // _COARSE * _COARSE
    taken = which & (Attempt.outcome == "accepted") & Attempt.due_at.is_not(None)
    for relay_id, hour, time, many in session.execute(_by_hour(session, taken, waited)):
        sums[relay_id, hour].queue[cut(time)] += many


def _add_bounces(session: Session, which: ColumnElement[bool], sums: Sums) -> None:
    """Hard is what suppresses, by the rules that people wrote about this relay, too."""
    said = (Attempt.phase, Attempt.code, Attempt.text)
    bounced = which & (Attempt.outcome == "bounced")
    court = Judge(session)
    for relay_id, hour, phase, code, text, many in session.execute(
        _by_hour(session, bounced, *said)
    ):
        relay = session.get(Relay, relay_id)
        reply = Reply(phase, code, text)
        verdict = (
            court.judge(reply, relay, relay.workspace_id).verdict if relay else classify(reply)
        )
        sums[relay_id, hour].counts["hard" if verdict.suppress else "soft"] += many


def _by_hour(session: Session, which: ColumnElement[bool], *columns: Any) -> Select[Any]:
    """Counts them by relay, hour and ``columns``. The keys are made first: PostgreSQL takes the
    same expression with other bound values for another one.
    """
    closed = Attempt.finished_at.is_not(None) & (Attempt.outcome != "void")
    named = [one.label(f"key_{number}") for number, one in enumerate(columns)]
    keys = select(
        Attempt.relay_id, hour_in_sql(session, Attempt.finished_at).label("hour"), *named
    ).where(which, closed)
    rows = keys.subquery()
    return select(*rows.c, func.count()).group_by(*rows.c)


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def hour_in_sql(session: Session, moment: Any) -> ColumnElement[int]:
    """``rules.figures.hour_of`` for a column."""
    if _is_sqlite(session):
        return cast(func.strftime("%s", moment), Integer) // 3600
    seconds = func.extract("epoch", moment)
    return cast(func.floor(seconds / 3600), Integer)


def _milliseconds(session: Session, since: Any) -> ColumnElement[int]:
    """From ``since`` to the answer; a clock that was set back makes it 0."""
    if _is_sqlite(session):
        days = func.julianday(Attempt.finished_at) - func.julianday(since)
        return cast(func.max(func.round(days * 86_400_000), 0), Integer)
    seconds = func.extract("epoch", Attempt.finished_at - since)
    return cast(func.greatest(func.round(seconds * 1000), 0), Integer)
