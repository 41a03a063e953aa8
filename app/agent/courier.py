"""Brings what waits in the spool to the server, the oldest first, and rests while it is absent."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog

from app.agent import record as records
from app.agent.progress import Progress
from app.agent.record import Record
from app.agent.server import Absent, Over, Rejected, Server
from app.agent.spool import Kept, Spool

log = structlog.get_logger(__name__)

#: Seconds of rest after the first failure; twice as many after each further one.
FIRST_REST, LONGEST_REST = 1.0, 300.0


class Courier:
    """The way from spool to server. ``monotonic`` gives seconds on a clock that never jumps.

    ``troubles``: how often a source was not read to its end.
    """

    def __init__(
        self,
        spool: Spool,
        server: Server,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self.record: Record = records.load(spool.folder)
        self.troubles = 0
        self._spool = spool
        self._server = server
        self._now = now
        self._monotonic = monotonic
        self._failures = 0
        self._rested_at = 0.0
        self._progress = Progress(monotonic)

    @property
    def rest(self) -> float:
        """Seconds until the server should be asked again."""
        return max(0.0, self._rested_at - self._monotonic())

    def visit(self, said: dict[str, Any]) -> dict[str, Any]:
        """Asks the server what to do. Raises Absent, Rejected."""
        try:
            answer = self._server.ask("/ingest/visit", said)
        except Over as over:
            raise self._note(Rejected(over.sentence)) from None
        except (Absent, Rejected) as trouble:
            raise self._note(trouble) from None
        self.record.visited_at = self._now().isoformat(timespec="seconds")
        self._is_well()
        return answer

    def deliver(self) -> set[str]:
        """Brings everything that waits; gives the runs of which the server wants nothing more.

        Raises Absent, Rejected; what was not brought stays where it is.
        """
        ended: set[str] = set()
        for kept in self._spool.waiting():
            if kept.run_id in ended:
                self._drop(kept)
            elif self._is_over_after(kept):
                ended.add(kept.run_id)
        return ended

    def stuck(self, source: str, why: str) -> None:
        """A source was not read to its end, or not at all."""
        self.troubles += 1
        self.fail(f"{source}: {why}")

    def fail(self, sentence: str) -> None:
        """Notes something that went wrong, for `status`."""
        self.record.fail(sentence, self._now())
        records.save(self._spool.folder, self.record)

    def _is_over_after(self, kept: Kept) -> bool:
        """Brings one batch; whether its run goes no further."""
        try:
            answer = self._server.send("/ingest", kept.body)
        except Over as over:
            log.warning("the server ended a run", run=kept.run_id, said=over.sentence)
            self._drop(kept)
            return True
        except (Absent, Rejected) as trouble:
            raise self._note(trouble) from None
        self._spool.remove(kept)
        self.record.count(kept.source, answer)
        self._is_well()
        state = answer.get("state")
        self._progress.brought(kept.run_id, kept.source, answer)
        if state not in ("running", "succeeded"):
            self.stuck(kept.source, f"{answer.get('detail')}")
        elif said := answer.get("detail"):
            log.warning("a run ended, but", source=kept.source, said=said)
        return state != "running"

    def _drop(self, kept: Kept) -> None:
        self._spool.remove(kept)
        self.record.dropped += 1
        records.save(self._spool.folder, self.record)

    def _is_well(self) -> None:
        self._failures, self._rested_at = 0, 0.0
        records.save(self._spool.folder, self.record)

    def _note(self, trouble: Absent | Rejected) -> Absent | Rejected:
        """Rests longer each time; a server that rejects is not asked soon."""
        grown = min(FIRST_REST * 2**self._failures, LONGEST_REST)
        self._failures = min(self._failures + 1, 20)
        asked = trouble.rest if isinstance(trouble, Absent) else LONGEST_REST
        self._rested_at = self._monotonic() + max(grown, asked or 0.0)
        log.warning("nothing was brought", why=trouble.sentence, again_in=round(self.rest))
        self.fail(trouble.sentence)
        return trouble
