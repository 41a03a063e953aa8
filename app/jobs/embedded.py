"""The embedded engine: threads of this process, and nobody else's."""

from collections.abc import Callable
from datetime import UTC
from types import TracebackType
from typing import Self

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from app import clock
from app.jobs.turns import Turns


class EmbeddedJobs:
    """One thread per job that is due, never two of the same name at once.

    At the end the turns under way get ``patience`` seconds.
    """

    def __init__(self, *, threads: int, patience: float = 10.0) -> None:
        self._patience = patience
        self._turns = Turns()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(threads)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def every(
        self, seconds: float, name: str, function: Callable[[], object], *, queue: str = "campaigns"
    ) -> None:
        """Calls ``function`` at once and then every so many seconds; all queues are one here."""
        self._scheduler.add_job(
            lambda: self._turns.have(name, function),
            "interval",
            seconds=seconds,
            id=name,
            name=name,
            next_run_time=clock.now(),
        )

    @property
    def under_way(self) -> frozenset[str]:
        """The jobs that have their turn right now."""
        return self._turns.under_way

    def __enter__(self) -> Self:
        self._scheduler.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """No more turns; waits for those that are under way, but not for ever."""
        self._scheduler.shutdown(wait=False)
        self._turns.end(self._patience)
