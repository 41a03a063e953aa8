"""Destinations between their rows and the rules: who complained, who may go, who has to wait."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.rules.pace import destinations, patience
from app.rules.pace.destinations import Held
from app.rules.replies.meaning import Verdict
from app.sending.guards import alarming
from app.sending.models import Delivery, Destination, Relay
from app.sending.relays import throttling


@dataclass(slots=True)
class Gate:
    """Lets mails through to destinations that complained, or gives them a turn. The rows are
    locked: all senders give turns from one list.
    """

    now: datetime
    rows: dict[tuple[UUID, str], Destination] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session, relays: Iterable[Relay], now: datetime) -> Self:
        """For these relays; asks the database only when something is held back from somebody."""
        slow = [one.id for one in relays if one.slowed_until and one.slowed_until > now]
        if not slow:
            return cls(now)
        found = _locked(session, Destination.relay_id.in_(slow), Destination.held_until > now)
        return cls(now, {(row.relay_id, row.name): row for row in found})

    def turn(self, relay_id: UUID, address: str) -> datetime | None:
        """When a mail to this address may go through this relay; None: now."""
        if not self.rows:
            return None
        row = self.rows.get((relay_id, destinations.of_address(address)))
        if row is None:
            return None
        held, due = destinations.admit(held_of(row), self.now)
        row.tat, row.turn = held.tat, held.turn
        return due


def complained(
    session: Session, relay: Relay, address: str, verdict: Verdict, words: str, now: datetime
) -> None:
    """The destination of this address had enough of this relay, which is locked. Answers to what
    was on its way when that was known already say nothing new.
    """
    name = destinations.of_address(address)
    found = _locked(session, Destination.relay_id == relay.id, Destination.name == name)
    row = next(iter(found), None)
    if row is not None and row.pause_until > now:
        row.complaints, row.last_at = row.complaints + 1, now
        return
    streak = row.streak + 1 if row else 1
    pause = patience.for_destination(streak, words, blocked=verdict.outcome == "blocked")
    known = held_of(row) if row else None
    held = destinations.slowed(known, throttling.measured(relay, now), now, pause, words)
    if row is None:
        row = Destination(relay_id=relay.id, name=name, complaints=0)
        session.add(row)
    _put(row, held)
    row.streak, row.complaints, row.last_at, row.why = streak, row.complaints + 1, now, words
    if verdict.outcome == "blocked":
        row.blocked_at = now
    relay.slowed_until = max(relay.slowed_until or row.held_until, row.held_until)
    session.flush()
    blocking = blocked_at(session, relay.id, now)
    if row.blocked_at == now and len(blocking) > destinations.MANY:
        alarming.blocked(relay, blocking, words, now)


def relieved(session: Session, relay: Relay, deliveries: Collection[int], now: datetime) -> None:
    """These were taken by a relay, which is locked: whoever complained before is content."""
    if not deliveries or relay.slowed_until is None:
        return
    lately = Destination.last_at > now - destinations.LATELY
    found = _locked(session, Destination.relay_id == relay.id, Destination.streak > 0, lately)
    if not found:
        relay.slowed_until = relay.slowed_until if relay.slowed_until > now else None
        return
    taken = session.scalars(select(Delivery.address).where(Delivery.id.in_(deliveries)))
    names = {destinations.of_address(address) for address in taken}
    for row in found:
        if row.name in names:
            row.streak, row.blocked_at = 0, None


def blocked_at(session: Session, relay_id: UUID, now: datetime) -> list[str]:
    """The destinations that blocked a relay lately and took nothing from it since."""
    lately = Destination.blocked_at > now - destinations.LATELY
    which = select(Destination.name).where(Destination.relay_id == relay_id, lately)
    return list(session.scalars(which.order_by(Destination.name)))


def held_of(row: Destination) -> Held:
    """What is held back, as the rules see it."""
    return Held(row.pause_until, throttling.read(row.pace), row.tat, row.turn)


def _put(row: Destination, held: Held) -> None:
    row.pause_until, row.tat, row.turn = held.pause_until, held.tat, held.turn
    row.pace = throttling.written(held.pace)
    row.held_until = destinations.held_until(held)


def _locked(session: Session, *which: object) -> list[Destination]:
    rows = session.scalars(
        select(Destination)
        .where(*which)  # type: ignore[arg-type]
        .order_by(Destination.relay_id, Destination.name)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(rows)
