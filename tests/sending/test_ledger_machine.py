"""Whatever senders, relays, crashes and people do, in whatever order: the ledger's promises hold.

A state machine plays several senders against the real ledger. It knows what no sender knows: what
the relay truly took.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, select

from app import ids
from app.contacts.suppression import suppress
from app.db import Base, Database
from app.rules.health.breaker import BreakerSettings
from app.rules.replies.meaning import Reply
from app.sending import ledger
from app.sending.ledger import Claimed, Heard, Wanted
from app.sending.models import Attempt, Delivery
from tests.conftest import TurnableClock
from tests.sending.world import World

PEOPLE = 6
ROWS = select(
    Delivery.id, Delivery.dispatch_id, Delivery.address, Delivery.state, Delivery.sender_id
).order_by(Delivery.id)
RULES: dict[str, Any] = {
    "breaker": BreakerSettings(threshold=3, seconds=60.0),
    "give_up": timedelta(hours=24),
}
OK = Reply("final_dot", 250, "2.0.0 queued")
#: Heard before any body left.
EARLY = (
    Reply("connect", None, "connection refused"),
    Reply("greeting", 421, "4.3.2 later"),
    Reply("auth", 535, "5.7.8 no"),
    Reply("mail_from", 553, "5.7.1 sender address rejected"),
    Reply("rcpt_to", 451, "4.7.1 greylisted"),
    Reply("rcpt_to", 550, "5.1.1 user unknown"),
    Reply("data", None, "the connection was lost"),
)
#: Heard after the body; none of them means that it was taken.
LATE = (
    Reply("final_dot", 421, "4.3.2 closing"),
    Reply("final_dot", 451, "4.3.0 local error"),
    Reply("final_dot", 454, "Throttling failure: Maximum sending rate exceeded"),
    Reply("final_dot", 554, "5.6.0 malformed"),
)
SILENCE = Reply("final_dot", None, "the connection was lost")


@dataclass
class Played:
    """A sender as it stands: what it holds, what its journal says, what it has yet to write."""

    id: UUID = field(default_factory=ids.new_id)
    claimed: list[Claimed] = field(default_factory=list)
    begun: dict[int, int] = field(default_factory=dict)
    said: set[int] = field(default_factory=set)
    heard: dict[int, tuple[int, str]] = field(default_factory=dict)
    unwritten: list[Heard] = field(default_factory=list)


class Machine(RuleBasedStateMachine):
    """Two relays, three senders, one or two dispatches, and the truth about what was taken."""

    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__()
        with database.transaction() as session:
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(delete(table))
        self.world = World(database, TurnableClock(), folder)
        self.world.failover()
        self.relays = [self.world.relay(1, "one"), self.world.relay(2, "two")]
        self.world.people(PEOPLE)
        self.dispatches: list[UUID] = []
        self.senders = [Played() for _ in range(3)]
        self.dead: list[tuple[Played, bool]] = []
        self.robbed: list[Played] = []
        self.taken: Counter[int] = Counter()
        self.refused: set[str] = set()
        self.holds: dict[UUID, str] = {}

    @initialize()
    def launch(self) -> None:
        self._launch()

    @precondition(lambda self: len(self.dispatches) == 1)
    @rule()
    def launch_another(self) -> None:
        self._launch()

    @rule(
        who=st.integers(0, 2),
        which=st.integers(0, 1),
        fresh=st.integers(1, 4),
        relay=st.sampled_from((0, 0, 1, None)),
    )
    def claim(self, who: int, which: int, fresh: int, relay: int | None) -> None:
        """And most of the time begin at once."""
        sender, dispatch = self.senders[who], self.dispatches[which % len(self.dispatches)]
        if self.holds[dispatch]:
            return  # the engine only claims from dispatches that are open
        with self.world.database.transaction() as session:
            sender.claimed += ledger.claim(
                session, sender.id, dispatch, fresh=fresh, tried=2, now=self.world.clock()
            )
        if relay is not None:
            self._begin(sender, self.relays[relay])

    @precondition(lambda self: self._with("claimed"))
    @rule(who=st.integers(0, 2), relay=st.integers(0, 1))
    def begin(self, who: int, relay: int) -> None:
        holders = self._with("claimed")
        self._begin(holders[who % len(holders)], self.relays[relay])

    @precondition(lambda self: self._with("begun"))
    @rule(who=st.integers(0, 2), how=st.sampled_from(("taken", "taken, not heard", "lost", *LATE)))
    def hand_over(self, who: int, how: str | Reply) -> None:
        """A body leaves: noted first, then taken or not, then answered or not."""
        holders = self._with("begun")
        sender = holders[who % len(holders)]
        delivery, attempt = sender.begun.popitem()
        sender.said.add(attempt)
        self.taken[delivery] += how in ("taken", "taken, not heard")
        reply = how if isinstance(how, Reply) else OK if how == "taken" else SILENCE
        if reply.code is not None:
            sender.heard[attempt] = (reply.code, reply.text)
        sender.unwritten.append(Heard(attempt, reply))

    @precondition(lambda self: self._with("begun"))
    @rule(who=st.integers(0, 2), reply=st.sampled_from((None, *EARLY)))
    def turned_away(self, who: int, reply: Reply | None) -> None:
        """Something was answered, or nothing said, before the body."""
        holders = self._with("begun")
        sender = holders[who % len(holders)]
        _, attempt = sender.begun.popitem()
        sender.unwritten.append(Heard(attempt, reply))

    @precondition(lambda self: self._with("unwritten"))
    @rule(who=st.integers(0, 2), twice=st.booleans())
    def finish(self, who: int, twice: bool) -> None:
        holders = self._with("unwritten")
        sender = holders[who % len(holders)]
        for _ in range(1 + twice):
            self._finish(sender.unwritten)
        sender.unwritten = []

    @rule(who=st.integers(0, 2))
    def fail_a_turn(self, who: int) -> None:
        """What it has in hand is on its way to a lane; the rest goes back."""
        sender = self.senders[who]
        in_hand = {*sender.begun.values(), *(one.attempt_id for one in sender.unwritten)}
        with self.world.database.transaction() as session:
            ledger.put_back(session, sender.id, in_hand=in_hand, now=self.world.clock(), **RULES)
        sender.claimed = []

    @precondition(lambda self: self._with("begun", "unwritten"))
    @rule(
        who=st.integers(0, 2),
        in_flight=st.sampled_from(("", "said", "taken")),
        journal=st.booleans(),
    )
    def die(self, who: int, in_flight: str, journal: bool) -> None:
        """kill -9, perhaps with a body on the wire, perhaps with the loss of its journal."""
        holders = self._with("begun", "unwritten")
        sender = holders[who % len(holders)]
        if in_flight and sender.begun:
            delivery, attempt = sender.begun.popitem()
            sender.said.add(attempt)
            self.taken[delivery] += in_flight == "taken"
        self.dead.append((sender, journal))
        self.senders[self.senders.index(sender)] = Played()

    @precondition(lambda self: self.dead)
    @rule(twice=st.booleans())
    def recover(self, twice: bool) -> None:
        """Somebody settles the sender that died first, or two do."""
        sender, journal = self.dead.pop(0)
        for _ in range(1 + twice):
            self._recover(sender, journal)

    @precondition(lambda self: self._with("claimed", "begun", "unwritten"))
    @rule(who=st.integers(0, 2))
    def lose_the_lease(self, who: int) -> None:
        """Another machine settles a sender that still lives: it may only finish from now on."""
        holders = self._with("claimed", "begun", "unwritten")
        sender = holders[who % len(holders)]
        self._recover(sender, journal=False)
        self.robbed.append(sender)
        self.senders[self.senders.index(sender)] = Played()

    @precondition(lambda self: self.robbed)
    @rule()
    def wake_up_late(self) -> None:
        """It does not know yet that it lost its lease; the ledger does."""
        sender = self.robbed.pop(0)
        sender.begun = {}
        self._begin(sender, self.relays[0])
        assert sender.begun == {}, "began what is not its own any more"
        self._finish(sender.unwritten)

    @precondition(lambda self: self._in_doubt())
    @rule(number=st.integers(0, PEOPLE - 1))
    def a_person_knows(self, number: int) -> None:
        """And says so when no answer can come any more."""
        doubts = self._in_doubt()
        one = doubts[number % len(doubts)]
        self.world.clock.turn(minutes=15)
        with self.world.database.transaction() as session:
            ledger.settle_unknown(
                session,
                one.dispatch_id,
                went=bool(self.taken[one.id]),
                addresses=[one.address],
                now=self.world.clock(),
            )

    @precondition(lambda self: any(self.taken.values()))
    @rule(number=st.integers(0, 2 * PEOPLE))
    def an_event_comes(self, number: int) -> None:
        arrived = [one for one in self._rows() if self.taken[one.id]]
        one = arrived[number % len(arrived)]
        about = f"<{one.id}.{one.dispatch_id.hex}@shop.example.com>"
        with self.world.database.transaction() as session:
            assert ledger.hear(
                session,
                self.world.workspace_id,
                ledger.Event("delivered", about),
                now=self.world.clock(),
            )

    @rule(which=st.integers(0, 1), hold=st.sampled_from(("paused", "", "", "", "", "cancelled")))
    def hold(self, which: int, hold: str) -> None:
        dispatch = self.dispatches[which % len(self.dispatches)]
        if self.holds[dispatch] == "cancelled":
            return  # for good
        with self.world.database.transaction() as session:
            ledger.hold(session, dispatch, hold=hold, now=self.world.clock())
        self.holds[dispatch] = hold

    @rule(number=st.integers(0, PEOPLE - 1))
    def unsubscribe(self, number: int) -> None:
        address = self._rows()[number].address
        with self.world.database.transaction() as session:
            suppress(
                session,
                self.world.workspace_id,
                [address],
                "unsubscribed",
                "",
                self.world.clock(),
            )
        self.refused.add(address)

    @rule(on=st.booleans())
    def switch_failover(self, on: bool) -> None:
        self.world.failover(on)

    @rule(minutes=st.sampled_from((0.1, 5, 90, 600)))
    def time_passes(self, minutes: float) -> None:
        self.world.clock.turn(minutes=minutes)

    @rule()
    def tidy(self) -> None:
        with self.world.database.transaction() as session:
            ledger.close_finished(session, self.world.clock())

    @invariant()
    def the_promises_hold(self) -> None:
        with self.world.database.reading() as session:
            rows = session.execute(ROWS).all()
            open_ = Counter(
                session.scalars(select(Attempt.delivery_id).where(Attempt.outcome.is_(None)))
            )
            for dispatch in self.dispatches:
                states = ledger.balance(session, dispatch, self.world.clock())
                audience = sum(one.dispatch_id == dispatch for one in rows)
                assert sum(states.values()) == audience, "the balance does not close"
        assert set(open_) <= {one.id for one in rows if one.state == "claimed"}
        assert set(open_.values()) <= {1}, "two open attempts for one delivery"
        for one in rows:
            in_hand = one.state == "claimed"
            assert (one.sender_id is not None) == in_hand, f"{one.state}: whose is it?"
            self._is_true(one, one.id in open_)

    def _is_true(self, one: Any, is_begun: bool) -> None:
        assert self.taken[one.id] <= 1, "somebody was written to twice"
        if self.taken[one.id]:
            assert is_begun or one.state in ("sent", "unknown"), f"taken, but {one.state}"
        if one.state == "sent":
            assert self.taken[one.id] == 1, "called sent, but nobody took it"

    def teardown(self) -> None:
        """Everybody comes to their end: nobody is lost."""
        if self.dispatches:
            self._drain()
            self.the_promises_hold()

    def _drain(self) -> None:
        for sender in self.robbed:
            self._finish(sender.unwritten)
        for sender, journal in [*self.dead, *((one, True) for one in self.senders)]:
            self._recover(sender, journal)
        for dispatch, hold in self.holds.items():
            if hold == "paused":
                with self.world.database.transaction() as session:
                    ledger.hold(session, dispatch, hold="", now=self.world.clock())
                self.holds[dispatch] = ""
        self.world.failover()
        last = Played()
        for _ in range(40):
            if self._is_done():
                break
            self.world.clock.turn(hours=3)
            self._send_what_is_due(last)
        assert self._is_done(), Counter(one.state for one in self._rows())

    def _send_what_is_due(self, sender: Played) -> None:
        now = self.world.clock()
        for dispatch in self.dispatches:
            with self.world.database.transaction() as session:
                sender.claimed += ledger.claim(
                    session, sender.id, dispatch, fresh=50, tried=50, now=now
                )
        self._begin(sender, self.relays[0])
        for delivery in sender.begun:
            self.taken[delivery] += 1
        self._finish([Heard(attempt, OK) for attempt in sender.begun.values()])
        sender.begun = {}

    def _is_done(self) -> bool:
        with self.world.database.transaction() as session:
            ledger.close_finished(session, self.world.clock())
        return not any(one.state in ("queued", "claimed") for one in self._rows())

    def _launch(self) -> None:
        dispatch = self.world.dispatch()
        self.dispatches.append(dispatch)
        self.holds[dispatch] = ""

    def _in_doubt(self) -> list[Any]:
        return [one for one in self._rows() if one.state == "unknown"]

    def _with(self, *what: str) -> list[Played]:
        """The senders that hold something of this."""
        return [one for one in self.senders if any(getattr(one, name) for name in what)]

    def _begin(self, sender: Played, relay: UUID) -> None:
        wanted = [
            Wanted(one.id, relay, "x@y.example", one.round, fallback=relay != self.relays[0])
            for one in sender.claimed
        ]
        sender.claimed = []
        with self.world.database.transaction() as session:
            begun = ledger.begin(session, sender.id, wanted, self.world.clock())
        for one in self._rows() if begun else ():
            if one.id in begun:
                assert one.address not in self.refused, "a no was not obeyed"
                assert not self.holds[one.dispatch_id], "a held dispatch went on"
        sender.begun |= begun

    def _finish(self, heard: list[Heard]) -> None:
        with self.world.database.transaction() as session:
            ledger.finish(session, heard, now=self.world.clock(), **RULES)

    def _recover(self, sender: Played, journal: bool) -> None:
        with self.world.database.transaction() as session:
            ledger.recover(
                session,
                sender.id,
                said=sender.said if journal else None,
                heard=sender.heard if journal else {},
                now=self.world.clock(),
                **RULES,
            )

    def _rows(self) -> Sequence[Any]:
        with self.world.database.reading() as session:
            return session.execute(ROWS).all()


def test_the_promises_hold(database: Database, tmp_path: Path) -> None:
    class Here(Machine):
        def __init__(self) -> None:
            super().__init__(database, tmp_path)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=30,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
