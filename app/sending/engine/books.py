"""The engine's hand on the database: each call is one transaction, on the ledger's thread."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app.db import Database
from app.rules.health import breaker as breaker_rule
from app.rules.health.breaker import BreakerSettings
from app.sending import ledger
from app.sending.engine import messages_plan, plan
from app.sending.engine.plan import Plan, Planned
from app.sending.ledger import Heard, Wanted
from app.sending.letters.compose import Composer
from app.sending.models import Content, Relay
from app.sending.relays import standing
from app.sending.senders.watch import Shut, Watch

#: More messages may be on their way for so long after the last one.
_AFTER_MESSAGES = timedelta(minutes=1)
#: How much one lane of a relay takes now.
Room = Callable[[Relay], int]
_DISABLED = select(Relay).where(Relay.open_until.is_not(None))
#: Compiled contents kept in memory.
_KEPT = 32


@dataclass(frozen=True, slots=True)
class Patience:
    """When a relay is disabled, and when a delivery is given up."""

    breaker: BreakerSettings = field(default_factory=BreakerSettings)
    give_up: timedelta = timedelta(hours=24)


class Books:
    """What one sender reads from and writes into the ledger."""

    def __init__(
        self,
        database: Database,
        sender_id: UUID,
        patience: Patience,
        now: Callable[[], datetime],
        watch: Watch,
    ) -> None:
        self._database = database
        self._watch = watch
        self._sender_id = sender_id
        self._patience = patience
        self._now = now
        self._composers: dict[UUID, Composer] = {}
        #: The last look found something: there is probably more, so the next one need not ask.
        self._in_flow = False
        #: Messages came lately: campaigns are sent in small waves.
        self._small_until: datetime | None = None

    def plan(self, free: Room, many: Room | None = None) -> Plan:
        """Claims what may go now; looks without locking anything when there is nothing. ``free``:
        room in a relay's lane for a message; ``many``: for a campaign, where that differs.
        """
        now = self._now()
        if not self._in_flow and not self._is_anything_due(now):
            return Plan()
        with self._database.transaction(durable=False) as session:
            found = Plan()
            messages_plan.make(session, self._sender_id, free, found, now=now)
            if found.planned:
                self._small_until = now + _AFTER_MESSAGES
            if self._small_until is not None and now < self._small_until:
                found.wave = plan.SMALL_WAVE
            plan.make(session, self._sender_id, many or free, found, now=now)
            self._in_flow = bool(found.planned)
            sources = (one.dispatch.content_id for one in found.planned if one.finished is None)
            missing = set(sources) - set(self._composers)
            for content_id in missing:
                row = session.get_one(Content, content_id)
                self._keep(content_id, Composer(row.subject, row.preheader, row.html, row.text))
        return found

    def _is_anything_due(self, now: datetime) -> bool:
        with self._database.reading() as session:
            waiting = bool(ledger.open_dispatches(session, now))
            waiting = waiting or ledger.is_any_message_due(session, now)
            done = ledger.is_any_done(session, now)
        if done:
            self._tidy(now)
        return waiting

    def composer(self, content_id: UUID) -> Composer:
        """The compiled content of something that was just planned."""
        return self._composers[content_id]

    def _keep(self, content_id: UUID, composer: Composer) -> None:
        while len(self._composers) >= _KEPT:
            self._composers.pop(next(iter(self._composers)))
        self._composers[content_id] = composer

    def begin(self, planned: Sequence[Planned]) -> dict[int, int]:
        """Opens attempts; gives back delivery -> attempt of those that may go. Raises Shut."""
        wanted = [
            Wanted(
                one.claimed.id,
                one.relay.id,
                one.identity.from_email,
                one.claimed.round,
                one.fallback,
            )
            for one in planned
        ]
        try:
            with self._database.transaction() as session:
                self._watch.allow(session)
                begun = ledger.begin(session, self._sender_id, wanted, self._now())
                self._watch.expect(begun.values())
        except Shut as shut:
            if why := str(shut):
                self._watch.close_valve(why)
            raise
        self._watch.begun(begun.values())
        return begun

    def reject(self, broken: Sequence[tuple[int, str]]) -> None:
        """Ends claimed deliveries whose letter cannot be composed: (delivery, why)."""
        with self._database.transaction() as session:
            for delivery, why in broken:
                ledger.settle(
                    session,
                    self._sender_id,
                    [delivery],
                    state="rejected",
                    reason=f"cannot be composed: {why}",
                    now=self._now(),
                )

    def finish(self, batch: Sequence[Heard]) -> list[UUID]:
        """Writes what was heard; gives back the relays whose breaker is open now."""
        now = self._now()
        with self._database.transaction() as session:
            ledger.finish(
                session,
                batch,
                now=now,
                breaker=self._patience.breaker,
                give_up=self._patience.give_up,
            )
            ledger.close_finished(session, now)
            rows = session.scalars(_DISABLED).all()
            return [
                relay.id
                for relay in rows
                if breaker_rule.state(standing.breaker_of(relay), now) == "open"
            ]

    def _tidy(self, now: datetime) -> None:
        with self._database.transaction() as session:
            ledger.close_finished(session, now)

    def put_back(self, in_hand: frozenset[int]) -> None:
        """Gives back what a failed turn had taken; ``in_hand``: attempts that are on their way."""
        with self._database.transaction() as session:
            ledger.put_back(
                session,
                self._sender_id,
                in_hand=in_hand,
                now=self._now(),
                breaker=self._patience.breaker,
                give_up=self._patience.give_up,
            )
