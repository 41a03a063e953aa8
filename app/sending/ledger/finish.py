"""Closes attempts with what was heard, and moves their deliveries, in one go."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.rules import delivery
from app.rules.health.breaker import BreakerSettings
from app.rules.replies import meaning
from app.rules.replies.meaning import Reply, Verdict
from app.rules.replies.reply import ACCEPTED
from app.sending.ledger import accepted, distrust
from app.sending.ledger.awaited import awaited
from app.sending.ledger.consequences import Consequences
from app.sending.letters import return_paths
from app.sending.models import Attempt, Delivery, Relay
from app.sending.relays import standing
from app.sending.replies.judging import Judge


class Heard(NamedTuple):
    """The end of an attempt. ``reply`` None: void, nothing was said to the relay. ``counts``:
    a fault in it is a new one (a lost line is one fault, however many waited behind it).
    ``with_path``: a return path was on its envelope.
    """

    attempt_id: int
    reply: Reply | None
    counts: bool = True
    with_path: bool = False


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
    first: dict[int, Heard] = {}
    for one in heard:
        first.setdefault(one.attempt_id, one)
    taken = {key: one.reply for key, one in first.items() if one.reply and _is_taken(one.reply)}
    usual = accepted.still_begun(session, list(taken))
    rows = awaited(session, [key for key in first if key not in usual])
    locked = _relays(session, rows, {one.relay_id for one in usual.values()})
    for key in return_paths.step_down(first.values(), rows, locked, now):
        first[key] = Heard(key, None)
    page = _Page(Judge(session), now, breaker, give_up)
    for key, one in first.items():
        if begun := usual.get(key):
            page.take(begun, taken[key], locked.get(begun.relay_id))
        elif row := rows.get(key):
            page.judge(row, locked.get(row.relay_id), one)
    page.write(session)


def _relays(session: Session, rows: dict[int, Any], took: set[UUID]) -> dict[UUID, Relay]:
    """The relays that hear of it. Where all that they hear is that they took it, and they are well,
    nothing would change: then nobody is made to wait for them.
    """
    if not rows and standing.at_ease(session, took):
        return {}
    return standing.lock(session, took | {row.relay_id for row in rows.values()})


def _is_taken(reply: Reply) -> bool:
    return meaning.is_undisputed(reply) is ACCEPTED


@dataclass(slots=True)
class _Page:
    """What is written together, gathered in the order in which it was heard."""

    court: Judge
    now: datetime
    breaker: BreakerSettings
    give_up: timedelta
    taken: list[tuple[accepted.Begun, Reply]] = field(default_factory=list)
    closed: list[dict[str, Any]] = field(default_factory=list)
    moved: list[dict[str, Any]] = field(default_factory=list)
    given_back: list[dict[str, Any]] = field(default_factory=list)
    beyond: Consequences = field(init=False)
    _nothing_new: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.beyond = Consequences(self.now, self.breaker)

    def take(self, begun: accepted.Begun, reply: Reply, relay: Relay | None) -> None:
        """The usual end: the relay took the message, and so it works. Hearing that again and
        again changes nothing, until something else is heard.
        """
        self.taken.append((begun, reply))
        if relay is None or id(relay) in self._nothing_new:
            return
        if not standing.is_well(relay):
            self._tell(relay, begun.id, ACCEPTED, reply, fault=False)
        self.beyond.took(relay, begun.delivery_id)
        if standing.is_well(relay) and relay.slowed_until is None:
            self._nothing_new.add(id(relay))

    def judge(self, row: Any, relay: Relay | None, heard: Heard) -> None:
        """Any other end. A sender that a relay refuses is the relay's fault only when it is the
        relay's own From: then its configuration is broken.
        """
        self._nothing_new.clear()
        if heard.reply is None:
            self._void(row, relay)
            return
        verdict = self.court.verdict(heard.reply, relay, row.workspace_id, row.address)
        verdict = distrust.believed(relay, verdict)
        if relay is not None:
            own = row.from_email == relay.from_email
            faulty = ("refused", "unknown", "unauthorized") if own else ("refused", "unknown")
            fault = verdict.outcome in faulty and heard.counts
            self._tell(relay, row.id, verdict, heard.reply, fault=fault)
        if row.outcome == "unknown" and verdict.outcome == "unknown":
            return
        self.closed.append(_closed(row, verdict, heard.reply, self.now))
        self.moved.append(self._moved(row, verdict, heard.reply, relay))
        if self.moved[-1]["state"] == "unknown":
            self.beyond.doubtful[row.dispatch_id] = row
        self.beyond.heard(row, relay, verdict, heard.reply, self.moved[-1]["state"])

    def write(self, session: Session) -> None:
        """All of it."""
        accepted.write(session, self.taken, self.now)
        self.court.write(self.now)
        if self.closed:
            session.execute(update(Attempt), self.closed)
        for batch in (self.moved, self.given_back):
            if batch:
                session.execute(update(Delivery), batch)
        self.beyond.write(session)

    def _tell(
        self, relay: Relay, attempt: int, verdict: Verdict, reply: Reply, *, fault: bool
    ) -> None:
        """The relay's health hears of it."""
        standing.heard(
            relay,
            attempt,
            verdict,
            fault=fault,
            words=distrust.words(relay, delivery.describe(reply)),
            now=self.now,
            settings=self.breaker,
        )

    def _void(self, row: Any, relay: Relay | None) -> None:
        if row.outcome is not None:
            return
        if relay is not None:
            standing.heard_nothing(relay, row.id, self.now)
        nothing = {"phase": "", "code": None, "text": ""}
        self.closed.append({"id": row.id, "outcome": "void", "finished_at": self.now} | nothing)
        back = {"id": row.delivery_id, "state": "queued", "sender_id": None}
        self.given_back.append(back | {"first_tried_at": row.first_tried_at})

    def _moved(
        self, row: Any, verdict: Verdict, reply: Reply, relay: Relay | None
    ) -> dict[str, Any]:
        tries = row.tries if row.outcome == "unknown" else row.tries + 1
        pause = relay.pause_until if relay is not None and relay.pause_until else self.now
        after = delivery.after(
            verdict,
            reply,
            relay_id=row.relay_id,
            deferrals=row.deferrals + 1,
            first_tried_at=row.first_tried_at,
            now=self.now,
            relay_pause=max(pause, self.now),
            give_up=self.give_up,
            at_least_once=row.promise == "at_least_once",
            moves_when_blocked=row.moves_when_blocked,
        )
        return {
            "id": row.delivery_id,
            "state": after.state,
            "sender_id": None,
            "tries": tries,
            "due_at": after.due_at,
            "relay_id": after.stay,
            "reason": after.reason,
            "first_tried_at": row.first_tried_at,
            "finished_at": None if after.state == "queued" else self.now,
        }


def _closed(row: Any, verdict: Verdict, reply: Reply, now: datetime) -> dict[str, Any]:
    return {
        "id": row.id,
        "outcome": verdict.outcome,
        "finished_at": now,
        "phase": reply.phase,
        "code": reply.code,
        "text": reply.text[:500],
    }
