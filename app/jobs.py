"""What runs again and again beside the web application, in threads of this process."""

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

    Rows hold the state; a job only looks at them. So a lost or doubled turn is harmless, and a
    job that fails is logged and has its next turn as usual.
    """

    def __init__(self, *, threads: int) -> None:
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(threads)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def every(self, seconds: float, name: str, function: Callable[[], object]) -> None:
        """Calls ``function`` at once and then every so many seconds."""

        def turn() -> None:
            try:
                function()
            except Exception:
                log.exception("a job failed; it has its next turn as usual", job=name)

        self._scheduler.add_job(
            turn, "interval", seconds=seconds, id=name, name=name, next_run_time=clock.now()
        )

    def __enter__(self) -> Self:
        self._scheduler.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """No more turns; waits for those that are under way."""
        self._scheduler.shutdown(wait=True)
