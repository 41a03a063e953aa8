"""One look at the messages that are due: they come before every campaign."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.rules.routing.chain import Decision, Halt, Send, Wait
from app.rules.routing.rule import PERSONAL
from app.sending import ledger
from app.sending.engine.plan import AGAIN, Plan, Planned, Turn
from app.sending.ledger import Claimed, HeldMessage
from app.sending.letters import letter
from app.sending.models import Relay
from app.sending.routing import firsts, fleet
from app.sending.routing.fleet import Fleet

#: The most that one group of messages gets in one turn.
WAVE = 200
#: A message that no relay may carry is looked at again so often, until a person mends that.
MENDED = timedelta(minutes=1)
#: What rules may ask of messages that differ inside of a group, beside PERSONAL.
_OWN = frozenset((*PERSONAL, "from_name", "reply_to"))


def make(
    session: Session,
    sender_id: UUID,
    free: Callable[[Relay], int],
    plan: Plan,
    *,
    now: datetime,
) -> None:
    """Claims the messages that the relays can take now and chooses a relay for each, as
    ``plan.make`` does for campaigns; messages that routing treats alike are claimed together.
    """
    fleets: dict[UUID, Fleet] = {}
    for alike in ledger.open_messages(session, now):
        workspace_id = alike.workspace_id
        if workspace_id not in fleets:
            fleets[workspace_id] = fleet.gather(session, workspace_id, alike.zone, free, now=now)
        MessageTurn(session, sender_id, alike, None, fleets[workspace_id], plan, now).play()


@dataclass(slots=True)
class MessageTurn(Turn):
    """One group of messages. ``held``: those that were claimed, by their delivery."""

    held: dict[int, HeldMessage] = field(default_factory=dict)

    def play(self) -> bool:
        """Claims, and chooses a relay for each."""
        asks = self.ships.asks & _OWN if self.dispatch.pin is None else frozenset()
        common, _ = self.ships.primary(self.dispatch)
        first = self.ships.decide(self.dispatch, common)
        if isinstance(first, Wait):
            self.plan.wait_for(first.until)
        self._claim_messages(common, first, own=bool(asks))
        groups: Mapping[UUID, Any] = {}
        if asks & {"list", "tag"}:
            people = [one.claimed.contact_id for one in self.held.values()]
            groups = firsts.groups_of(self.session, people)
        for one in self.held.values():
            personal = _facts(one, groups.get(one.claimed.contact_id, {}), asks) if asks else None
            primary = self.ships.primary(self.dispatch, None, personal)[0] if asks else common
            self._route(one.claimed, primary, {})
        self._give_back()
        return True

    def _claim_messages(self, common: UUID | None, first: Decision, *, own: bool) -> None:
        fresh = self.ships.candidates[first.relay_id].room if isinstance(first, Send) else 0
        fresh = self.ships.room if own else fresh
        chain = self.ships.chain(self.dispatch, common)
        again = sum(one.room for one in chain) if self.dispatch.failover else AGAIN
        found = ledger.claim_messages(
            self.session,
            self.sender_id,
            self.dispatch,
            fresh=AGAIN if isinstance(first, Halt) else min(fresh, WAVE),
            tried=min(max(again, 1), AGAIN),
            now=self.now,
        )
        self.held = {one.claimed.id: one for one in found}

    def _plan_one(
        self, one: Claimed, primary: UUID | None, relay: Relay, contact: Mapping[str, Any]
    ) -> None:
        held = self.held[one.id]
        own = self.ships.relays.get(primary) if primary else None
        name = letter.identity(held.dispatch, own, relay)
        self.plan.planned.append(
            Planned(one, held.dispatch, relay, relay.id != primary, name, contact, held.mail)
        )

    def _halted(self, one: Claimed, why: str) -> None:
        """Nothing is held for it: messages are independent of each other."""
        due = self.now + MENDED
        self.plan.wait_for(due)
        self.back[due, why, False].append(one.id)


def _facts(one: HeldMessage, groups: Mapping[str, Any], asks: Collection[str]) -> dict[str, Any]:
    return firsts.about_message(
        one.mail,
        one.claimed.address,
        subject=one.subject,
        from_name=one.dispatch.from_name,
        reply_to=one.dispatch.reply_to_email,
        groups=groups,
        asks=asks,
    )
