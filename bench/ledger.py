"""The three commits around a wave: claim, durable begin with attempts, finish."""

import time
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

from app import clock
from app.rules.health.breaker import BreakerSettings
from app.rules.replies.meaning import Reply
from app.sender import spare_the_collector
from app.sending import ledger
from app.sending.ledger import Heard, Wanted
from app.sending.senders import leases
from bench import stage
from bench.claims import Claim, within
from bench.rounds import Size
from bench.stage import Stage

_ROUNDS = 5
_REPLY = Reply("final_dot", 250, "2.0.0 Ok")


def run(size: Size) -> list[Claim]:
    """Microseconds per message beside the budget of each database, with the collector as a sender
    has it.
    """
    spare_the_collector()
    found = size.interleaved(
        {
            "SQLite, batch 100": lambda: _measure(stage.sqlite(), size.of(4_000, 200), 100),
            "PostgreSQL, batch 500": lambda: _measure(stage.postgres(), size.of(8_000, 500), 500),
        },
        _ROUNDS,
    )
    budgets = {"SQLite, batch 100": 20.0, "PostgreSQL, batch 500": 60.0}
    return [within(name, found[name], budget, "us/msg") for name, budget in budgets.items()]


def _measure(place: AbstractContextManager[str], messages: int, batch: int) -> float:
    with place as url:
        one = Stage(url)
        relay = one.relay(port=25)
        one.people(messages)
        dispatch = one.dispatch()
        boot = "bench"
        me = leases.register(one.database, host="bench", boot_id=boot, now=clock.now())
        start = time.perf_counter()
        for _ in range(messages // batch):
            wave(one, me, dispatch, relay, batch)
        seconds = time.perf_counter() - start
        sent = one.balance(dispatch)["sent"]
        one.database.close()
    if sent != messages:
        raise RuntimeError(f"{sent} of {messages} were sent")
    return seconds / messages * 1e6


def wave(one: Stage, me: UUID, dispatch: UUID, relay: UUID, batch: int) -> None:
    """Claims, begins and finishes ``batch`` messages, as if all of them were taken."""
    now = clock.now()
    with one.database.transaction(durable=False) as session:
        claimed = ledger.claim(session, me, dispatch, fresh=batch, tried=50, now=now)
    wanted = [Wanted(each.id, relay, "news@shop.example.com", 0, False) for each in claimed]
    with one.database.transaction() as session:
        begun = ledger.begin(session, me, wanted, clock.now())
    heard = [Heard(attempt, _REPLY) for attempt in begun.values()]
    with one.database.transaction() as session:
        ledger.finish(
            session,
            heard,
            now=clock.now(),
            breaker=BreakerSettings(),
            give_up=timedelta(hours=24),
        )
