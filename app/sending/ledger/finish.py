"""Closes attempts with what was heard, and moves their deliveries, in one go."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.contacts.suppression import suppress
from app.rules import delivery
from app.rules.breaker import BreakerSettings
from app.rules.replies import Reply, Verdict
from app.sending import relays
from app.sending.judging import Judge
from app.sending.models import Attempt, Delivery, Dispatch, Relay


@dataclass(frozen=True, slots=True)
class Heard:
    """The end of an attempt. ``reply`` None: void, nothing was said to the relay. ``counts``:
    a fault in it is a new one (a lost line is one fault, however many waited behind it).
    """

    attempt_id: int
    reply: Reply | None
    counts: bool = True


def finish(
    session: Session,
    heard: Sequence[Heard],
    *,
    now: datetime,
    breaker: BreakerSettings,
    give_up: timedelta,
) -> None:
    """Writes what was heard. Safe to repeat; what was already closed stays as it is, but a reply
    that comes late to an attempt that was called unknown still settles it.
    """
    rows = _attempts(session, [one.attempt_id for one in heard])
    locked = relays.lock(session, {row.relay_id for row in rows.values()})
    judge = Judge(session)
    attempts: list[dict[str, Any]] = []
    deliveries: list[dict[str, Any]] = []
    suppressed: defaultdict[tuple[UUID, str], dict[str, str]] = defaultdict(dict)
    for one in heard:
        row = rows.pop(one.attempt_id, None)
        if row is None:
            continue
        relay = locked.get(row.relay_id)
        if one.reply is None:
            _void(row, relay, attempts, deliveries, now)
            continue
        verdict = judge.verdict(one.reply, relay, row.workspace_id, row.address)
        _tell(relay, row, verdict, one, now, breaker)
        if row.outcome == "unknown" and verdict.outcome == "unknown":
            continue
        attempts.append(_closed(row, verdict, one.reply, now))
        deliveries.append(_moved(row, verdict, one.reply, relay, now, give_up))
        if verdict.suppress:
            words = delivery.describe(one.reply)
            suppressed[row.workspace_id, verdict.suppress][row.address] = words
    _write(session, attempts, deliveries)
    judge.write(now)
    for (workspace_id, reason), addresses in suppressed.items():
        for address, words in sorted(addresses.items()):
            suppress(session, workspace_id, [address], reason, words, now)


def _attempts(session: Session, wanted: Sequence[int]) -> dict[int, Any]:
    rows = session.execute(
        select(
            Attempt.id,
            Attempt.outcome,
            Attempt.relay_id,
            Attempt.from_email,
            Attempt.delivery_id,
            Delivery.tries,
            Delivery.first_tried_at,
            Delivery.address,
            Dispatch.workspace_id,
            Dispatch.promise,
        )
        .join(Delivery, Delivery.id == Attempt.delivery_id)
        .join(Dispatch, Dispatch.id == Delivery.dispatch_id)
        .where(
            Attempt.id.in_(wanted),
            (Attempt.outcome.is_(None) & (Delivery.state == "begun"))
            | ((Attempt.outcome == "unknown") & (Delivery.state == "unknown")),
        )
    )
    return {row.id: row for row in rows}


def _void(
    row: Any,
    relay: Relay | None,
    attempts: list[dict[str, Any]],
    deliveries: list[dict[str, Any]],
    now: datetime,
) -> None:
    if row.outcome is not None:
        return
    if relay is not None:
        relays.heard_nothing(relay, row.id, now)
    attempts.append(
        {"id": row.id, "outcome": "void", "finished_at": now, "phase": "", "code": None, "text": ""}
    )
    deliveries.append(
        {"id": row.delivery_id, "state": "queued", "sender_id": None, "tries": row.tries}
    )


def _tell(
    relay: Relay | None,
    row: Any,
    verdict: Verdict,
    heard: Heard,
    now: datetime,
    settings: BreakerSettings,
) -> None:
    """The relay's health hears of it. A sender that a relay refuses is the relay's fault only
    when it is the relay's own From: then its configuration is broken.
    """
    if relay is None or heard.reply is None:
        return
    own = row.from_email == relay.from_email
    fault = verdict.outcome in ("refused", "unknown") or (verdict.outcome == "unauthorized" and own)
    relays.heard(
        relay,
        row.id,
        verdict,
        fault=fault and heard.counts,
        words=delivery.describe(heard.reply),
        now=now,
        settings=settings,
    )


def _closed(row: Any, verdict: Verdict, reply: Reply, now: datetime) -> dict[str, Any]:
    return {
        "id": row.id,
        "outcome": verdict.outcome,
        "finished_at": now,
        "phase": reply.phase,
        "code": reply.code,
        "text": reply.text[:500],
    }


def _moved(
    row: Any,
    verdict: Verdict,
    reply: Reply,
    relay: Relay | None,
    now: datetime,
    give_up: timedelta,
) -> dict[str, Any]:
    tries = row.tries if row.outcome == "unknown" else row.tries + 1
    pause = relay.pause_until if relay is not None and relay.pause_until is not None else now
    after = delivery.after(
        verdict,
        reply,
        relay_id=row.relay_id,
        tries=tries,
        first_tried_at=row.first_tried_at,
        now=now,
        relay_pause=max(pause, now),
        give_up=give_up,
        at_least_once=row.promise == "at_least_once",
    )
    moved: dict[str, Any] = {
        "id": row.delivery_id,
        "state": after.state,
        "sender_id": None,
        "tries": tries,
    }
    return moved | {
        "due_at": after.due_at,
        "relay_id": after.stay,
        "reason": after.reason,
        "finished_at": None if after.state == "queued" else now,
    }


def _write(
    session: Session, attempts: list[dict[str, Any]], deliveries: list[dict[str, Any]]
) -> None:
    if attempts:
        session.execute(update(Attempt), attempts)
    moved = [one for one in deliveries if "due_at" in one]
    given_back = [one for one in deliveries if "due_at" not in one]
    for batch in (moved, given_back):
        if batch:
            session.execute(update(Delivery), batch)
