"""One cell of the matrix: a campaign goes out while something is wrong; then it is counted."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app import clock, ids
from app.contacts.models import Suppression
from app.db import Database
from app.sending.engine.books import Patience
from app.sending.models import Delivery, Relay
from app.sending.senders import leases
from app.wire.opening import Endpoint
from tests import waiting
from tests.conftest import TurnableClock
from tests.faults.relay import SickRelay
from tests.sending.world import World
from tests.waiting import PATIENCE

PEOPLE = 40
_TURNS = 60
#: When nothing moved for so long and at so many looks, between each of which the sender was woken,
#: nothing will before the clock is turned.
QUIET_SECONDS, QUIET_LOOKS = 0.3, 8
#: So long a relay that says nothing is waited for, where that is what is wrong with it.
_LITTLE = 1.5


@dataclass(frozen=True)
class Counted:
    """What the receiving side and the ledger say, held against each other."""

    lost: int = 0
    duplicated: int = 0
    wrongly_marked: int = 0
    unknown: int = 0

    @property
    def broken(self) -> bool:
        """Whether a promise was broken."""
        return any(astuple(self)[:3])


class Stage:
    """Two relays, of which the first is sick, a sender that is restarted, and a campaign."""

    def __init__(
        self,
        database: Database,
        turnable: TurnableClock,
        folder: Path,
        *,
        failover: bool,
        people: int = PEOPLE,
    ) -> None:
        self.world = World(database, turnable, folder)
        self.folder = folder
        self._moved: tuple[int, str] | None = None
        self._since = 0.0
        self._looks = 0
        self.hasty = False
        self.relays = [SickRelay(), SickRelay()]
        self.world.failover(failover)
        self.first = self.world.relay(self.relays[0].port, "one")
        if failover:
            self.world.relay(self.relays[1].port, "two")
        self.people = people
        self.world.people(people)
        self.dispatch = self.world.dispatch()

    def close(self) -> None:
        """Stops the relays."""
        for relay in self.relays:
            relay.end()

    def send(self, during: Callable[[], None] | None = None) -> None:
        """Runs a sender until nothing is due; ``during`` happens once the first was taken."""
        self._moved = None
        self._helper = helper = threading.Thread(
            target=self._after_the_first, args=(during,), daemon=True
        )
        if during is not None:
            helper.start()
        self.world.send(self._is_idle, endpoint=self._endpoint)
        if during is not None:
            helper.join(PATIENCE)
        leases.settle_dead(
            self.world.database,
            self.folder,
            ids.new_id(),
            alone=True,
            patience=Patience(),
            now=self.world.clock(),
        )

    def mend(self) -> None:
        """The first relay is well again, and time passes until everybody came to their end."""
        self.relays[0].sickness = None
        for _ in range(_TURNS):
            if not self._open():
                return
            self.world.clock.turn(minutes=10)
            self.send()
        raise AssertionError(f"never ends: {self.world.balance(self.dispatch)}")

    def counted(self, *, doubts: int = 0) -> Counted:
        """The verdict. ``doubts``: how many more may be unknown than the relays know of."""
        received = Counter(self._received())
        refused = set().union(*(one.refused for one in self.relays))
        doubtful = set().union(*(one.doubtful for one in self.relays))
        if self.hasty:  # on a busy machine a reply may well come after that
            doubtful = doubtful.union(*(one.left_early for one in self.relays))
        rows = self._rows()
        unexplained = sum(one.state == "unknown" and one.address not in doubtful for one in rows)
        return Counted(
            lost=sum(not received[one.id] and one.state in ("sent", "failed") for one in rows)
            + (self.people - len(rows)),
            duplicated=sum(count - 1 for count in received.values()),
            wrongly_marked=sum(_is_wrong(one, received[one.id], refused) for one in rows)
            + max(0, unexplained - doubts)
            + len(self._suppressed() - refused),
            unknown=sum(one.state == "unknown" for one in rows),
        )

    def _received(self) -> list[int]:
        return [
            int(message_id.strip("<").partition(".")[0])
            for relay in self.relays
            for message_id in relay.taken
        ]

    def wait(self, until: Callable[[], bool]) -> None:
        """Until something is true; it is seen soon after."""
        waiting.until(until, "it never came", pause=0.002)

    def _after_the_first(self, during: Callable[[], None]) -> None:
        self.wait(lambda: any(relay.taken for relay in self.relays))
        during()

    def _is_idle(self) -> bool:
        """Nothing is due, or what is due waits for relays and nothing has moved for a while."""
        try:
            if self.world.is_idle():
                return True
            moved = (len(self.world.attempts()), str(self.world.balance(self.dispatch)))
        except DBAPIError:
            return False
        if moved != self._moved or "sending" in moved[1]:
            self._moved, self._since, self._looks = moved, clock.monotonic(), 0
        self._looks += 1
        is_long = clock.monotonic() - self._since > QUIET_SECONDS and self._looks > QUIET_LOOKS
        return is_long and not self._helper.is_alive()

    def _endpoint(self, relay: Relay) -> Endpoint:
        """With so little patience that silence is noticed within the test only where silence is
        what is played: a machine that is busy elsewhere is not taken for a silent relay.
        """
        patience = _LITTLE if self.hasty else PATIENCE
        return Endpoint(
            relay.host,
            relay.port,
            relay.encryption,
            relay.username,
            relay.secret,
            hello_name="tests.example",
            connect_seconds=patience,
            reply_seconds=patience,
            final_reply_seconds=patience,
        )

    def _open(self) -> bool:
        return any(one.state in ("queued", "claimed") for one in self._rows())

    def _rows(self) -> list[Any]:
        with self.world.database.reading() as session:
            rows = select(Delivery.id, Delivery.address, Delivery.state).where(
                Delivery.dispatch_id == self.dispatch
            )
            return list(session.execute(rows))

    def _suppressed(self) -> set[str]:
        with self.world.database.reading() as session:
            return set(session.scalars(select(Suppression.address)))


def _is_wrong(one: Any, received: int, refused: set[str]) -> bool:
    if one.state == "sent":
        return not received
    if one.state in ("bounced", "rejected"):
        return bool(received) or one.address not in refused
    return one.state != "unknown"
