"""Whether a message costs more where more are waiting."""

from contextlib import ExitStack
from uuid import UUID

from app import clock
from app.sending import senders
from bench import ledger, stage
from bench.claims import Claim
from bench.rounds import interleaved
from bench.stage import Stage

_ROUNDS = 5
_WAVES = 10
_BATCH = 500
_GOAL = 0.7


def run() -> list[Claim]:
    """Waves of the ledger at a queue of 50 thousand and of a million, SQLite."""
    with ExitStack() as stack:
        few = _Queue(stack.enter_context(stage.sqlite()), 50_000)
        many = _Queue(stack.enter_context(stage.sqlite()), 1_000_000)
        found = interleaved({"few": few.cost, "many": many.cost}, _ROUNDS)
        few.close()
        many.close()
    few_, many_ = found["few"], found["many"]
    name = "ledger, a million waiting, against 50 thousand"
    return [Claim(name, "us/msg", many_, few_, few_ / many_, _GOAL)]


class _Queue:
    """A dispatch with so many recipients, of which each round sends a few waves."""

    def __init__(self, url: str, recipients: int) -> None:
        self._stage = Stage(url)
        self._relay: UUID = self._stage.relay(port=25)
        self._stage.people(recipients)
        self._dispatch = self._stage.dispatch()
        self._me = senders.register(
            self._stage.database, host="bench", boot_id="bench", now=clock.now()
        )

    def cost(self) -> float:
        """Microseconds per message."""
        start = clock.monotonic()
        for _ in range(_WAVES):
            ledger.wave(self._stage, self._me, self._dispatch, self._relay, _BATCH)
        return (clock.monotonic() - start) / (_WAVES * _BATCH) * 1e6

    def close(self) -> None:
        """Lets go of the database."""
        self._stage.database.close()
