"""One look at the ledger: what may go now, through which relay."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from app.rules.health import canary
from app.rules.pace import destinations, patience
from app.rules.routing.chain import Decision, Halt, RoundOver, Send, Wait
from app.sending import ledger
from app.sending.destinations.complaints import Gate
from app.sending.ledger import Claimed, OpenDispatch
from app.sending.letters import letter, people
from app.sending.letters.compose import Identity
from app.sending.models import Relay
from app.sending.routing import fleet
from app.sending.routing.firsts import Firsts
from app.sending.routing.fleet import Fleet
from app.sending.schedule.hours import Hours

#: The most that one dispatch gets in one turn, so that many take turns; and while messages come
#: in, so that none of them waits long for the turn's end.
WAVE, SMALL_WAVE = 500, 100
#: Deliveries that were tried before and are looked at again in one turn.
AGAIN = 50


class Planned(NamedTuple):
    """A claimed delivery, the relay chosen for it, and what it is composed from.

    ``fallback``: the relay is not its primary; ``identity``: whose name it bears there.
    ``finished``: the mail of a message, which is not composed any more.
    """

    claimed: Claimed
    dispatch: OpenDispatch
    relay: Relay
    fallback: bool
    identity: Identity
    contact: Mapping[str, Any]
    finished: bytes | None = None

    @property
    def is_message(self) -> bool:
        """Whether somebody waits for it."""
        return self.finished is not None


@dataclass(slots=True)
class Plan:
    """What may go now, and when to look again (None: when somebody says so). ``wave``: the most
    that one campaign gets.
    """

    planned: list[Planned] = field(default_factory=list)
    look_again: datetime | None = None
    wave: int = WAVE

    def wait_for(self, moment: datetime | None) -> None:
        """Look again no later than ``moment``."""
        if moment is not None:
            self.look_again = min(self.look_again or moment, moment)


def make(
    session: Session,
    sender_id: UUID,
    free: Callable[[Relay], int],
    plan: Plan,
    *,
    now: datetime,
) -> None:
    """Claims what the relays can take now and chooses a relay for each; what cannot go after
    all is given back with the moment at which it may. ``free``: room in a relay's lane.
    """
    fleets: dict[UUID, Fleet] = {}
    for dispatch in ledger.open_dispatches(session, now):
        workspace_id = dispatch.workspace_id
        if workspace_id not in fleets:
            fleets[workspace_id] = _fleet(session, dispatch, free, now)
        shares = [UUID(one) for one in dispatch.pool]
        for share in shares or (None,):
            turn = Turn(session, sender_id, dispatch, share, fleets[workspace_id], plan, now)
            if not turn.play():
                break


def _fleet(
    session: Session, dispatch: OpenDispatch, free: Callable[[Relay], int], now: datetime
) -> Fleet:
    """The fleet as campaigns see it: some of its limits are kept for messages, if there are any."""
    kept = ledger.has_messages(session, dispatch.workspace_id, now)
    return fleet.gather(session, dispatch.workspace_id, dispatch.zone, free, kept=kept, now=now)


#: Where a delivery stands: its primary, the relay it waits for, and those that refused it.
_Place = tuple[UUID | None, UUID | None, frozenset[UUID]]
#: Given back: until when, why, and whether its round is over.
_Back = tuple[datetime, str, bool]


@dataclass(slots=True)
class Turn:
    """One dispatch, or one relay's share of it. What cannot go now is given back together.

    A decision holds for all who stand at the same place, until a relay is full. ``usual``: that of
    those who were never tried, for one primary; ``last``: whose name was borne last, and whether
    through a fallback. Both are found without looking up numbers for each of them.
    """

    session: Session
    sender_id: UUID
    dispatch: OpenDispatch
    share: UUID | None
    ships: Fleet
    plan: Plan
    now: datetime
    known: dict[_Place, Decision] = field(default_factory=dict)
    usual: tuple[UUID | None, Decision] | None = None
    last: tuple[UUID | None, Relay, bool, Identity] | None = None
    back: defaultdict[_Back, list[int]] = field(default_factory=lambda: defaultdict(list))
    later: list[tuple[int, datetime]] = field(default_factory=list)
    barred: list[int] = field(default_factory=list)
    halt: str = ""

    def play(self) -> bool:
        """Claims, and chooses a relay for each; says whether the dispatch still goes on."""
        firsts = Firsts(self.session, self.ships, self.dispatch, self.share)
        first = self.ships.decide(self.dispatch, firsts.common)
        if isinstance(first, Halt) and not firsts.by_person:
            self._hold(first.why)
            return False
        if isinstance(first, Wait):
            self.plan.wait_for(first.until)
        claimed = self._claim(firsts, first)
        contacts = people.seen(self.session, [one.id for one in claimed])
        firsts.look_up([one.contact_id for one in claimed])
        hours = Hours(self.dispatch.sending_window, self.dispatch.zone, self.now)
        for one in claimed:
            contact = contacts.get(one.id, {})
            if (opens := hours.opens(contact)) > self.now:
                self.back[opens, "", False].append(one.id)
            else:
                self._route(one, firsts.of(one, contact, self.now), contact)
        self._give_back()
        hours.put_off(self.session, self.dispatch.id)
        return True

    def _claim(self, firsts: Firsts, first: Decision) -> list[Claimed]:
        fresh = self.ships.candidates[first.relay_id].room if isinstance(first, Send) else 0
        fresh = self.ships.room if firsts.by_person else fresh
        chain = self.ships.chain(self.dispatch, firsts.common)
        again = sum(one.room for one in chain) if self.dispatch.failover else AGAIN
        return ledger.claim(
            self.session,
            self.sender_id,
            self.dispatch.id,
            fresh=min(fresh, self.plan.wave),
            tried=min(max(again, 1), AGAIN),
            share=self.share,
            now=canary.due_by(self.dispatch.canary, self.now),
        )

    def _route(self, one: Claimed, primary: UUID | None, contact: Mapping[str, Any]) -> None:
        match self._decide(one, primary):
            case Send(relay_id) if turn := self._turn(relay_id, one):
                self.later.append((one.id, turn))
            case Send(relay_id):
                self._plan_one(one, primary, self.ships.relays[relay_id], contact)
                if self.ships.took(relay_id):
                    self.known.clear()
                    self.usual = None
            case Wait(until, why):
                due = max(until or self.now, self.now + timedelta(milliseconds=100))
                self.plan.wait_for(due)
                self.back[due, why, False].append(one.id)
            case RoundOver() if set(one.tried.values()) == {"unauthorized"}:
                self.barred.append(one.id)
            case RoundOver():
                due = self.now + patience.between_rounds(one.round, one.tried.values())
                self.back[due, "", True].append(one.id)
            case Halt(why):
                self._halted(one, why)

    def _plan_one(
        self, one: Claimed, primary: UUID | None, relay: Relay, contact: Mapping[str, Any]
    ) -> None:
        last = self.last
        if last is None or last[0] is not primary or last[1] is not relay:
            own = self.ships.relays.get(primary) if primary else None
            name = letter.identity(self.dispatch, own, relay)
            last = self.last = primary, relay, relay.id != primary, name
        self.plan.planned.append(Planned(one, self.dispatch, relay, *last[2:], contact))

    def _halted(self, one: Claimed, why: str) -> None:
        self.back[self.now, "", True].append(one.id)
        self.halt = why

    def _turn(self, relay_id: UUID, one: Claimed) -> datetime | None:
        """When it is its turn at a destination that asked for less. Somebody waits for
        transactional mail: it is few, and does not wait for what others wrote.
        """
        if self.dispatch.stream == "transactional":
            return None
        if self.ships.gate is None:
            self.ships.gate = Gate.of(self.session, self.ships.relays.values(), self.now)
        return self.ships.gate.turn(relay_id, one.address)

    def _decide(self, one: Claimed, primary: UUID | None) -> Decision:
        if one.stay is not None or one.tried:
            return self._decide_again(one, primary)
        if self.usual is None or self.usual[0] is not primary:
            self.usual = primary, self._decide_again(one, primary)
        return self.usual[1]

    def _decide_again(self, one: Claimed, primary: UUID | None) -> Decision:
        place = primary, one.stay, frozenset(one.tried)
        decision = self.known.get(place)
        if decision is None:
            decision = self.ships.decide(self.dispatch, primary, stay=one.stay, tried=place[2])
            self.known[place] = decision
        return decision

    def _give_back(self) -> None:
        for (due, why, next_round), deliveries in self.back.items():
            ledger.release(
                self.session,
                self.sender_id,
                deliveries,
                due_at=due,
                reason=why,
                next_round=next_round,
            )
        if self.later:
            ledger.postpone(self.session, self.sender_id, self.later, destinations.WAITS)
            self.plan.wait_for(self.now)
        if self.barred:
            ledger.bar(self.session, self.sender_id, self.dispatch.id, self.barred, now=self.now)
        if self.halt:
            self._hold(self.halt)

    def _hold(self, why: str) -> None:
        ledger.hold(self.session, self.dispatch.id, hold="paused", reason=why, now=self.now)
