"""How a run ends that did not simply get to its end."""

from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.runtime import Runtime
from app.sources.models import Connection
from app.sources.runs import holding
from app.sources.runs.claiming import Task
from app.sources.runs.progress import Stopped, mine
from app.sources.sites import health, stopping
from sync import aftermath, schedule
from sync.aftermath import Trouble
from wp_bridge.errors import AskTheOwner, TryLater

log = structlog.get_logger(__name__)


def hand_back(runtime: Runtime, task: Task) -> None:
    """Puts the run back into the queue: this process stops, another one goes on."""
    _end(runtime, task, {"state": "queued"}, {})


def hold(runtime: Runtime, task: Task, why: str) -> None:
    """The guard stopped it; the cursor stays where it is until a person decides."""
    _end(runtime, task, _over("held", why, runtime.now()), {}, is_held=True)
    log.warning("held", site=task.site.url, source=task.source, why=why)


def fail(runtime: Runtime, task: Task, why: str) -> None:
    """It cannot go on, and not because of the site."""
    now = runtime.now()
    if task.dry:
        _end(runtime, task, _over("failed", why, now), {})
        return
    failures = task.failures + 1
    rest = {"failures": failures, "rest_until": now + schedule.rest(failures)}
    _end(runtime, task, _over("failed", why, now), rest, why)


def suffer(runtime: Runtime, task: Task, trouble: Trouble) -> None:
    """The site did not do what it should: try again later, or stop and say what to mend."""
    now = runtime.now()
    if task.dry:
        _end(runtime, task, _over("failed", trouble.sentence, now), {})
        return
    pages = task.progress.numbers.pages
    # Every stored page says that the site is well again.
    failures = 0 if task.progress.has_moved else task.failures
    after = aftermath.after(trouble, pages=pages, failures=failures)
    rest: dict[str, Any] = {"failures": after.failures, "rest_until": now + after.rest}
    rest["is_down"] = isinstance(trouble, TryLater)
    if after.needs_reauth:
        rest = {"failures": after.failures, "rest_until": None, "state": "needs_reauth"}
    if after.goes_on and isinstance(trouble, TryLater):
        until = (now + after.rest).strftime("%H:%M:%S UTC")
        waits = {"state": "queued", "detail": f"{trouble.sentence} It goes on at {until}."}
        _end(runtime, task, waits, rest, "" if trouble.throttled else trouble.sentence)
    else:
        refused = trouble if isinstance(trouble, AskTheOwner) and after.needs_reauth else None
        over = _over("failed", trouble.sentence, now)
        _end(runtime, task, over, rest, trouble.sentence, refused)


def _over(state: str, why: str, now: datetime) -> dict[str, Any]:
    return {"state": state, "detail": why, "finished_at": now}


def _end(
    runtime: Runtime,
    task: Task,
    run: dict[str, Any],
    connection: dict[str, Any],
    why: str = "",
    refused: AskTheOwner | None = None,
    *,
    is_held: bool = False,
) -> None:
    """Ends it; ``refused``: the others that are read with its login end in the same commit, so that
    none of them begins in between.
    """
    try:
        with runtime.database.transaction() as session:
            mine(session, task.progress, owner=None, lease_until=None, **run)
            if refused:
                _stop_others(session, task, refused, runtime.now())
            _change(session, task, connection)
            if is_held:
                holding.tell(session, task.progress.connection_id, run["detail"], runtime.now())
            if why:
                health.note(session, task.progress.connection_id, why, runtime.now())
    except Stopped:  # cancelled meanwhile, or taken over: nothing of it is ours to end
        if refused:
            with runtime.database.transaction() as session:
                _stop_others(session, task, refused, runtime.now())


def _stop_others(session: Session, task: Task, refused: AskTheOwner, now: datetime) -> None:
    if stopped := stopping.stop_others(session, task.progress.connection_id, refused, now):
        log.warning("others stopped with a login", site=task.site.url, sources=stopped)


def _change(session: Session, task: Task, values: dict[str, Any]) -> None:
    if values:
        which = Connection.id == task.progress.connection_id
        session.execute(update(Connection).where(which).values(**values))
