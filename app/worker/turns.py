"""Every job that runs again and again, and the engine that gives them their turns."""

import threading
from collections.abc import Callable, Collection

from app.campaigns import lateness, lifecycle
from app.db import Database
from app.errors import Invalid
from app.jobs import Jobs
from app.jobs.embedded import EmbeddedJobs
from app.messages import once
from app.runtime import Runtime
from app.sending.guards import canaries, guarding
from app.sending.mailboxes.reading import Reader
from app.sources.agents import trying
from app.sources.runs import running
from app.sources.sites import leaving
from app.sources.webhooks import hinting, taking, writing_back
from app.watching import keeping, looking, telling
from app.watching.forgetting import forget

#: What a worker may be limited to.
QUEUES = ("campaigns", "syncs", "watching")


def engine(database: Database, *, threads: int, queues: Collection[str] | None = None) -> Jobs:
    """Embedded on SQLite, scaled on PostgreSQL; ``queues`` None: all of them. Raises Invalid."""
    if unknown := set(queues or ()) - set(QUEUES):
        raise Invalid(
            f"There is no queue '{min(unknown)}': say {' or '.join(QUEUES)}, with a comma between."
        )
    if database.is_sqlite:
        return EmbeddedJobs(threads=threads)
    from app.jobs.scaled import ScaledJobs  # imports what only PostgreSQL needs

    return ScaledJobs(database.url, concurrency=threads, queues=queues)


def register(jobs: Jobs, runtime: Runtime, sync_parallel: int, stop: threading.Event) -> None:
    """Gives the jobs to the engine."""
    for number in range(sync_parallel):
        jobs.every(
            1,
            f"syncs {number + 1}",
            lambda: running.run_due(runtime, stop=stop.is_set),
            queue="syncs",
        )
    jobs.every(60, "webhooks at sites", lambda: hinting.keep(runtime), queue="syncs")
    jobs.every(30, "what is left at sites", lambda: leaving.clear(runtime), queue="syncs")
    jobs.every(60, "sites that are told", lambda: writing_back.tell(runtime), queue="syncs")
    jobs.every(3600, "old posts", lambda: taking.forget_old(runtime), queue="syncs")
    jobs.every(3600, "old dry runs", lambda: trying.forget_old(runtime), queue="syncs")
    jobs.every(1, "campaigns that are due", lambda: lifecycle.launch_due(runtime))
    jobs.every(1, "campaigns that are late", lambda: lateness.pause_late(runtime))
    jobs.every(1, "campaigns that are done", lambda: lifecycle.finish_done(runtime))
    jobs.every(5, "canaries", lambda: canaries.watch(runtime))
    jobs.every(3600, "keys of old requests", lambda: once.forget_old(runtime))
    jobs.every(3600, "what is over for long", lambda: forget(runtime), queue="watching")
    _watch(jobs, runtime, stop)


def _watch(jobs: Jobs, runtime: Runtime, stop: threading.Event) -> None:
    database, now, began = runtime.database, runtime.now, runtime.now()
    ears = Reader(database, runtime.vault, now, runtime.allow_private, stop.is_set)
    watching: dict[str, tuple[float, Callable[[], object]]] = {
        "guards": (5, lambda: guarding.watch(runtime)),
        "alerts": (5, lambda: telling.tell(runtime)),
        "mailboxes that are due": (5, ears.read_due),
        "figures of the relays": (10, lambda: keeping.keep(database, now())),
        "a look around": (30, lambda: looking.look(database, now(), began=began)),
    }
    for name, (seconds, look) in watching.items():
        jobs.every(seconds, name, look, queue="watching")
