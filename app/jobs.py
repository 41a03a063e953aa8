"""What runs again and again beside the web application, in threads of this process."""

import threading
from collections.abc import Callable
from datetime import UTC
from types import TracebackType
from typing import Self

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from app import clock

log = structlog.get_logger(__name__)


class Jobs:
    """The embedded engine: one thread per job that is due, never two of the same name at once.

    Rows hold the state; a job only looks at them. So a lost, doubled or cut off turn is
    harmless, and a job that fails is logged and has its next turn as usual. At the end the turns
    under way get ``patience`` seconds.
    """

    def __init__(self, *, threads: int, patience: float = 10.0) -> None:
        self._patience = patience
        self._under_way: set[str] = set()
        self._changed = threading.Condition()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(threads)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def every(self, seconds: float, name: str, function: Callable[[], object]) -> None:
        """Calls ``function`` at once and then every so many seconds."""
        self._scheduler.add_job(
            lambda: self._turn(name, function),
            "interval",
            seconds=seconds,
            id=name,
            name=name,
            next_run_time=clock.now(),
        )

    @property
    def under_way(self) -> frozenset[str]:
        """The jobs that have their turn right now."""
        return frozenset(self._under_way)

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
        with self._changed:
            if not self._changed.wait_for(lambda: not self._under_way, self._patience):
                log.warning("jobs are cut off; the next start takes them up", jobs=self.under_way)

    def _turn(self, name: str, function: Callable[[], object]) -> None:
        self._note(self._under_way.add, name)
        try:
            function()
        except Exception:
            log.exception("a job failed; it has its next turn as usual", job=name)
        finally:
            self._note(self._under_way.discard, name)

    def _note(self, change: Callable[[str], None], name: str) -> None:
        with self._changed:
            change(name)
            self._changed.notify_all()
