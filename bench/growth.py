"""Whether a message costs more where more are waiting."""

from contextlib import ExitStack
from uuid import UUID

from app import clock
from app.sending.senders import leases
from bench import ledger, stage
from bench.claims import Claim
from bench.rounds import Size
from bench.stage import Stage

_ROUNDS = 5
_WAVES = 10
_BATCH = 100
_GOAL = 0.7


def run(size: Size) -> list[Claim]:
    """Waves of the ledger at a queue of 10 thousand and of a million, SQLite."""
    with ExitStack() as stack:
        few = _Queue(stack.enter_context(stage.sqlite()), size.of(10_000, 2_000))
        many = _Queue(stack.enter_context(stage.sqlite()), size.of(1_000_000))
        found = size.interleaved({"few": few.cost, "many": many.cost}, _ROUNDS)
        few.close()
        many.close()
    few_, many_ = found["few"], found["many"]
    name = "ledger, a million waiting, against 10 thousand"
    return [Claim(name, "us/msg", many_, few_, few_ / many_, _GOAL)]


class _Queue:
    """A dispatch with so many recipients, of which each round sends a few waves."""

    def __init__(self, url: str, recipients: int) -> None:
        self._stage = Stage(url)
        self._relay: UUID = self._stage.relay(port=25)
        self._stage.people(recipients)
        self._dispatch = self._stage.dispatch()
        self._me = leases.register(
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
