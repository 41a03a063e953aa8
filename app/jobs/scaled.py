"""The scaled engine: Procrastinate on the same PostgreSQL, any number of workers anywhere."""

import asyncio
import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.app import WorkerOptions
from procrastinate.jobs import Status
from sqlalchemy import make_url

from app.jobs.schema import path_of_search
from app.jobs.turns import Turns

log = structlog.get_logger(__name__)

#: A worker says that it is alive this often, and is taken for dead after being silent so long.
HEARTBEAT_SECONDS = 5.0
STALLED_SECONDS = 20.0
#: How long a worker whose database went away rests before it tries again.
_SHORTEST_REST, _LONGEST_REST = 0.5, 10.0
#: The queue of what Procrastinate needs for itself: every worker serves it.
_CARE = "care"


class ScaledJobs:
    """One worker: gives turns to the jobs of its ``queues`` (None: of all).

    However many workers are alive, each slot of a job is one turn, somewhere, and no job has two
    turns at once. The turns of a worker that died are given to another one. Survives restarts of
    the database. At the end the turns under way get ``patience`` seconds.
    """

    def __init__(
        self,
        url: str,
        *,
        concurrency: int,
        queues: Collection[str] | None = None,
        patience: float = 10.0,
    ) -> None:
        self._app = App(connector=connector(url))
        self._concurrency = concurrency
        self._options = WorkerOptions(
            concurrency=concurrency + 1,
            install_signal_handlers=False,
            delete_jobs="successful",
            fetch_job_polling_interval=1.0,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=STALLED_SECONDS,
            shutdown_graceful_timeout=patience,
        )
        if queues is not None:
            self._options["queues"] = [*queues, _CARE]
        self._patience = patience
        self._turns = Turns()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._thread: threading.Thread | None = None
        # No lock: a dead worker's would keep everybody from rescuing.
        care = self._app.task(name="rescue", queue=_CARE, queueing_lock="rescue")
        self._periodic(care(self._rescue), 5)

    def every(
        self, seconds: float, name: str, function: Callable[[], object], *, queue: str = "campaigns"
    ) -> None:
        """Calls ``function`` every so many whole seconds."""

        def turn(timestamp: int = 0) -> None:
            self._turns.have(name, function)

        # Never two turns at once, never more than one that waits.
        task = self._app.task(name=name, queue=queue, lock=name, queueing_lock=name)
        self._periodic(task(turn), seconds)

    @property
    def under_way(self) -> frozenset[str]:
        """The jobs that have their turn here right now."""
        return self._turns.under_way

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._run, args=(self._loop,), name="jobs", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """No more turns; waits for those that are under way, but not for ever."""
        assert self._loop is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._turns.end(self._patience)
        self._thread.join(self._patience)

    def _periodic(self, task: object, seconds: float) -> None:
        self._app.periodic(cron=cron(seconds))(task)  # type: ignore[arg-type]

    async def _rescue(self, timestamp: int = 0) -> None:
        """What a dead worker had under way has its next turn as usual: nobody waits for it."""
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
            log.warning("a worker died in a job; it has its next turn as usual", job=job.task_name)
            await manager.finish_job(job, Status.FAILED, delete_job=True)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.set_default_executor(ThreadPoolExecutor(self._concurrency + 2, "job"))
        loop.run_until_complete(self._work_forever())
        loop.close()

    async def _work_forever(self) -> None:
        rest = _SHORTEST_REST
        while not self._stop.is_set():
            try:
                async with self._app.open_async():
                    await self._work()
                rest = _SHORTEST_REST
            except Exception:
                log.exception("the jobs stand still: the database does not answer as it should")
            try:
                await asyncio.wait_for(self._stop.wait(), rest)
            except TimeoutError:
                rest = min(rest * 2, _LONGEST_REST)

    async def _work(self) -> None:
        """Until it is stopped, or the worker gives up because its database went away."""
        worker = asyncio.create_task(self._app.run_worker_async(**self._options))
        stopped = asyncio.create_task(self._stop.wait())
        await asyncio.wait({worker, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        worker.cancel()
        for outcome in await asyncio.gather(worker, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome


def connector(url: str) -> PsycopgConnector:
    """Procrastinate's own way into our database; ``url`` is SQLAlchemy's."""
    plain = make_url(url).set(drivername="postgresql")
    return PsycopgConnector(
        conninfo=plain.render_as_string(hide_password=False),
        kwargs={"options": path_of_search()},
        min_size=1,
        max_size=6,
    )


def cron(seconds: float) -> str:
    """Every so many seconds, minutes or hours; seconds are the last field."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"* * * * * */{whole}"
    if whole < 3600:
        return f"*/{whole // 60} * * * *"
    return f"0 */{min(whole // 3600, 23)} * * *"
