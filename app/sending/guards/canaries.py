"""Canaries: the few that a dispatch is sent to first, and whether it goes on after them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, func, literal, select, update
from sqlalchemy.orm import Session

from app.rules.health import canary as rule
from app.rules.health.canary import HALTED, PASSED, TESTING, Seen
from app.runtime import Runtime
from app.sending import ledger
from app.sending.guards import alarming, figures
from app.sending.ledger.balance import STATES
from app.sending.models import Delivery, Dispatch
from app.sending.schedule.due import Due, later

#: Where a delivery is at its end.
_ENDED = tuple(one for one in STATES if one not in ("queued", "sending", "deferred"))


@dataclass(frozen=True, slots=True)
class View:
    """Where a canary is; ``seen``: how its mails fare, None when it has ended."""

    state: str
    why: str
    size: int
    goes_on_at: datetime | None
    seen: Seen | None


def begun(words: Mapping[str, Any], due: Due, audience: int) -> dict[str, Any]:
    """What is stored in a dispatch: the words of the canary, and where it is."""
    return {
        **words,
        "state": TESTING,
        "why": "",
        "size": rule.from_words(words).size(audience),
        "rest_from": due.rest_from().isoformat(),
        "spread": due.spread is not None,
    }


def watch(runtime: Runtime) -> None:
    """Lets go on what fares well, and halts what does not."""
    now = runtime.now()
    testing = select(Dispatch).where(
        Dispatch.finished_at.is_(None), Dispatch.hold == "", Dispatch.canary.is_not(None)
    )
    decided: list[UUID] = []
    with runtime.database.reading() as session:
        for dispatch in session.scalars(testing.order_by(Dispatch.id)):
            if dispatch.canary and dispatch.canary["state"] == HALTED:
                decided.append(dispatch.id)
            if dispatch.canary and dispatch.canary["state"] == TESTING:
                verdict = rule.judge(
                    rule.from_words(dispatch.canary), _seen(session, dispatch), now
                )
                decided += [dispatch.id] if verdict.state != TESTING else []
    for dispatch_id in decided:
        with runtime.database.transaction() as session:
            _decide(session, dispatch_id, now)
    if decided:
        runtime.poke()


def go_on(session: Session, dispatch_id: UUID, *, now: datetime) -> bool:
    """A person lets everybody else follow at once; False when nothing was being tested."""
    dispatch = session.get_one(Dispatch, dispatch_id, with_for_update=True)
    if not dispatch.canary or dispatch.canary["state"] != TESTING:
        return False
    _end(session, dispatch, PASSED, "a person let it go on", now)
    return True


def view(session: Session, dispatch_id: UUID, now: datetime) -> View | None:
    """Where the canary of a dispatch is; None when it has none."""
    dispatch = session.get_one(Dispatch, dispatch_id)
    words = dispatch.canary
    if not words:
        return None
    if words["state"] != TESTING:
        return View(words["state"], words["why"], words["size"], None, None)
    seen = _seen(session, dispatch)
    found = rule.judge(rule.from_words(words), seen, now)
    return View(TESTING, found.why, words["size"], found.goes_on_at, seen)


def _decide(session: Session, dispatch_id: UUID, now: datetime) -> None:
    """Looks again, now that nobody else can change it."""
    dispatch = session.get_one(Dispatch, dispatch_id, with_for_update=True)
    if dispatch.hold or not dispatch.canary or dispatch.canary["state"] == PASSED:
        return
    if dispatch.canary["state"] == HALTED:
        _end(session, dispatch, PASSED, "a person let it go on", now)
        return
    verdict = rule.judge(rule.from_words(dispatch.canary), _seen(session, dispatch), now)
    if verdict.state == TESTING:
        return
    _end(session, dispatch, verdict.state, verdict.why, now)
    if verdict.state == HALTED:
        reason = f"canary: {verdict.why}"
        ledger.hold(session, dispatch_id, hold="paused", reason=reason, now=now)
        sentence = f"The campaign '{dispatch.label}' was halted after its canaries: {verdict.why}."
        alarming.guard_tripped(session, dispatch.workspace_id, dispatch_id, sentence, now)


def _end(session: Session, dispatch: Dispatch, state: str, why: str, now: datetime) -> None:
    words = dict(dispatch.canary or {})
    if state == PASSED:
        _follow(session, dispatch.id, rule.rest_from(words), now, spread=words.get("spread", False))
    dispatch.canary = words | {"state": state, "why": why}
    session.flush()


def _follow(
    session: Session, dispatch_id: UUID, planned: datetime, now: datetime, *, spread: bool
) -> None:
    """The rest begins now: earlier than planned, or later and then as far apart as before."""
    if planned == now or (planned < now and not spread):
        return
    session.execute(
        update(Delivery)
        .where(Delivery.dispatch_id == dispatch_id, *_rest(planned))
        .values(due_at=later(Delivery.due_at, literal(_milliseconds(now - planned), BigInteger())))
        .execution_options(synchronize_session=False)
    )


def _seen(session: Session, dispatch: Dispatch) -> Seen:
    words = dispatch.canary or {}
    ended = (Delivery.dispatch_id == dispatch.id) & Delivery.state.in_(_ENDED)
    number, last = session.execute(
        select(func.count(), func.max(Delivery.finished_at)).where(ended)
    ).one()
    found = figures.of_dispatch(session, dispatch.id)
    waiting = words["size"] - number - found.deferred
    return Seen(words["size"], max(0, waiting), found, last)


def _rest(planned: datetime) -> tuple[Any, ...]:
    """Who is not a canary: nobody of them was tried, and all are due later."""
    return (Delivery.state == "queued", Delivery.tries == 0, Delivery.due_at >= planned)


def _milliseconds(time: timedelta) -> int:
    return round(time.total_seconds() * 1000)
