"""`worker`: jobs and a sender without the web application, any number of times on PostgreSQL."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack

import structlog

from app import logs
from app.garbage import spare_what_is_loaded
from app.opening import open_database, open_runtime
from app.sending.senders import waking
from app.worker import turns
from app.worker.child import SenderProcess
from app.worker.signals import leave, on_signals
from config.given import SettingsError
from config.settings import Settings, child_environment

log = structlog.get_logger(__name__)


def work(
    settings: Settings,
    *,
    queues: Sequence[str],
    concurrency: int,
    sends: bool,
    ready: Callable[[], None],
) -> None:
    """Runs until SIGINT or SIGTERM. Raises SettingsError when it cannot work with others."""
    logs.configure(settings.log_level, settings.log_format)
    _require(settings)
    stop = on_signals()
    with ExitStack() as stack:
        database = open_database(settings)
        stack.callback(database.close)
        runtime = open_runtime(settings, database, waking.waker(database))
        if sends:
            stack.enter_context(SenderProcess(child_environment(settings)))
        jobs = turns.engine(database, threads=concurrency, queues=queues or None)
        turns.register(jobs, runtime, settings.sync.parallel, stop)
        stack.enter_context(jobs)
        spare_what_is_loaded()
        ready()
        stop.wait()
        log.info("stopping: nothing new is begun, what is in flight is finished")
    leave(jobs)


def _require(settings: Settings) -> None:
    if settings.database_url.startswith("sqlite"):
        raise SettingsError(
            "database.url: a worker shares a PostgreSQL database with others; with SQLite run "
            "'pressferry serve', which does everything (set as PRESSFERRY__DATABASE__URL)"
        )
    if not settings.base_url:
        raise SettingsError(
            "base_url: a worker cannot know the address under which recipients reach the web "
            "application, and unsubscribe links start with it (set as PRESSFERRY__BASE_URL)"
        )
