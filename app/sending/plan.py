"""One look at the ledger: what may go now, through which relay."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.rules import patience
from app.rules.routing import Halt, RoundOver, Send, Wait
from app.sending import fleet, ledger
from app.sending.compose import contact_values
from app.sending.firsts import Firsts
from app.sending.fleet import Fleet
from app.sending.ledger import Claimed, OpenDispatch
from app.sending.models import Relay

#: The most that one dispatch gets in one turn, so that many take turns.
WAVE = 200
#: Deliveries that were tried before and are looked at again in one turn.
AGAIN = 50


@dataclass(frozen=True, slots=True)
class Planned:
    """A claimed delivery, the relay chosen for it, and what it is composed from."""

    claimed: Claimed
    dispatch: OpenDispatch
    relay: Relay
    primary: Relay | None
    contact: Mapping[str, Any]


@dataclass(slots=True)
class Plan:
    """What may go now, and when to look again (None: when somebody says so)."""

    planned: list[Planned] = field(default_factory=list)
    look_again: datetime | None = None

    def wait_for(self, moment: datetime | None) -> None:
        """Look again no later than ``moment``."""
        if moment is not None:
            self.look_again = min(self.look_again or moment, moment)


def make(
    session: Session,
    sender_id: UUID,
    free: Callable[[Relay], int],
    *,
    now: datetime,
) -> Plan:
    """Claims what the relays can take now and chooses a relay for each; what cannot go after
    all is given back with the moment at which it may. ``free``: room in a relay's lane.
    """
    plan = Plan()
    fleets: dict[UUID, Fleet] = {}
    for dispatch in ledger.open_dispatches(session, now):
        workspace_id = dispatch.workspace_id
        if workspace_id not in fleets:
            fleets[workspace_id] = fleet.gather(session, workspace_id, dispatch.zone, free, now=now)
        shares = [UUID(one) for one in dispatch.pool]
        for share in shares or (None,):
            if not _plan(session, sender_id, dispatch, share, fleets[workspace_id], plan, now):
                break
    return plan


def _plan(
    session: Session,
    sender_id: UUID,
    dispatch: OpenDispatch,
    share: UUID | None,
    ships: Fleet,
    plan: Plan,
    now: datetime,
) -> bool:
    """One dispatch, or one relay's share of it; says whether the dispatch still goes on."""
    firsts = Firsts(session, ships, dispatch, share)
    first = ships.decide(dispatch, firsts.common)
    if isinstance(first, Halt) and not firsts.by_person:
        ledger.hold(session, dispatch.id, hold="paused", reason=first.why, now=now)
        return False
    fresh = ships.candidates[first.relay_id].room if isinstance(first, Send) else 0
    fresh = ships.room if firsts.by_person else fresh
    if isinstance(first, Wait):
        plan.wait_for(first.until)
    chain = ships.chain(dispatch, firsts.common)
    again = sum(one.room for one in chain) if dispatch.failover else AGAIN
    claimed = ledger.claim(
        session,
        sender_id,
        dispatch.id,
        fresh=min(fresh, WAVE),
        tried=min(max(again, 1), AGAIN),
        share=share,
        now=now,
    )
    contacts = _contacts(session, [one.contact_id for one in claimed])
    firsts.look_up(contacts)
    for one in claimed:
        values = contacts.get(one.contact_id, {})
        primary = firsts.of(one, values, now)
        relay = _route(session, sender_id, dispatch, one, primary, ships, plan, now)
        if relay is not None:
            first_relay = ships.relays.get(primary) if primary else None
            plan.planned.append(Planned(one, dispatch, relay, first_relay, values))
    return True


def _route(
    session: Session,
    sender_id: UUID,
    dispatch: OpenDispatch,
    one: Claimed,
    primary: UUID | None,
    ships: Fleet,
    plan: Plan,
    now: datetime,
) -> Relay | None:
    decision = ships.decide(dispatch, primary, stay=one.stay, tried=frozenset(one.tried))
    match decision:
        case Send(relay_id):
            ships.took(relay_id)
            return ships.relays[relay_id]
        case Wait(until, why):
            due = max(until or now, now + timedelta(milliseconds=100))
            plan.wait_for(due)
            ledger.release(session, sender_id, [one.id], due_at=due, reason=why)
        case RoundOver() if set(one.tried.values()) == {"unauthorized"}:
            why = "no relay may send with this sender"
            ledger.settle(session, sender_id, [one.id], state="failed", reason=why, now=now)
        case RoundOver():
            due = now + patience.between_rounds(one.round)
            ledger.release(session, sender_id, [one.id], due_at=due, next_round=True)
        case Halt(why):
            ledger.release(session, sender_id, [one.id], due_at=now, next_round=True)
            ledger.hold(session, dispatch.id, hold="paused", reason=why, now=now)
    return None


def _contacts(session: Session, wanted: list[UUID]) -> dict[UUID, Mapping[str, Any]]:
    if not wanted:
        return {}
    rows = session.scalars(select(Contact).where(Contact.id.in_(wanted)))
    return {row.id: contact_values(row) for row in rows}
