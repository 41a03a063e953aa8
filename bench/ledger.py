"""The three commits around a wave: claim, durable begin with attempts, finish."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from uuid import UUID

from app import clock
from app.garbage import spare_what_is_loaded
from app.rules.health.breaker import BreakerSettings
from app.rules.replies.meaning import Reply
from app.sending import ledger
from app.sending.ledger import Heard, Wanted
from app.sending.senders import leases
from bench import bare, stage
from bench.claims import Claim, within
from bench.rounds import Size
from bench.stage import Stage

_ROUNDS = 5
#: Ours may take twice of what its statements take by themselves.
_BARE, _SHARE = ", beside its statements by the bare driver", 0.5
Place = Callable[[], AbstractContextManager[str]]
_REPLY = Reply("final_dot", 250, "2.0.0 Ok")


def run(size: Size) -> list[Claim]:
    """Microseconds per message beside the budget of each database, with the collector as a sender
    has it; and beside what the same statements take without us.
    """
    spare_what_is_loaded()
    places = {
        "SQLite, batch 100": (stage.sqlite, size.of(4_000, 200), 100, 20.0),
        "PostgreSQL, batch 500": (stage.postgres, size.of(8_000, 500), 500, 60.0),
    }
    runs = {}
    for name, (place, messages, batch, _) in places.items():
        runs[name] = partial(_measure, place, messages, batch)
        runs[name + _BARE] = partial(_measure_bare, place, messages, batch)
    found = size.interleaved(runs, _ROUNDS)
    return [
        *(within(name, found[name], budget, "us/msg") for name, (*_, budget) in places.items()),
        *(_beside(name, found[name], found[name + _BARE]) for name in places),
    ]


def _beside(name: str, ours: float, bare: float) -> Claim:
    return Claim(name + _BARE, "us/msg", ours, bare, bare / ours, _SHARE)


def _measure(place: Place, messages: int, batch: int) -> float:
    with place() as url:
        play = _Play(Stage(url), messages, batch)
        start = time.perf_counter()
        play.waves()
        seconds = time.perf_counter() - start
        play.end()
    return seconds / messages * 1e6


def _measure_bare(place: Place, messages: int, batch: int) -> float:
    """Ours plays once, and what it told the database is told to a copy of it."""
    with place() as url:
        play = _Play(Stage(url), messages, batch)
        play.stage.database.close()
        other = bare.copy(url)
        with bare.told(play.stage.database) as told:
            play.waves()
        play.end()
        seconds = told.again(other)
        play.stage = Stage(other, play.stage.workspace_id)
        play.end()
    return seconds / messages * 1e6


class _Play:
    """A campaign that goes out in waves."""

    def __init__(self, one: Stage, messages: int, batch: int) -> None:
        self.stage, self._messages, self._batch = one, messages, batch
        self._relay = one.relay(port=25)
        one.people(messages)
        self._dispatch = one.dispatch()
        self._me = leases.register(one.database, host="bench", boot_id="bench", now=clock.now())

    def waves(self) -> None:
        for _ in range(self._messages // self._batch):
            wave(self.stage, self._me, self._dispatch, self._relay, self._batch)

    def end(self) -> None:
        """Makes sure that everybody was sent to."""
        sent = self.stage.balance(self._dispatch)["sent"]
        self.stage.database.close()
        if sent != self._messages:
            raise RuntimeError(f"{sent} of {self._messages} were sent")


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
