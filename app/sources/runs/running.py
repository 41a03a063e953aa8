"""Does what is due: begins scheduled runs, takes waiting ones, ends them one way or another."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

import connectors
from app import ids
from app.errors import Conflict, Problem
from app.rules import email_address
from app.runtime import Runtime
from app.sources import connections
from app.sources.models import Connection, SyncRun
from app.sources.runs import claiming, control, ending, holding, proving, sooner, trial
from app.sources.runs.claiming import Task
from app.sources.runs.progress import Progress, Stopped
from app.sources.runs.sooner import Wish
from app.sources.runs.trial import Enough, TrialProgress, TrialStore
from app.sources.sites.way_in import open_site
from app.sources.storing.contacts import ContactStore, HandBack
from app.sources.webhooks.inbox import is_here, reader_of
from app.workspaces.models import Workspace
from connectors import Connector
from sync import mapping, schedule
from sync import run as pulling
from sync.guard import Guard
from sync.merge import Terms
from sync.reading import Order
from sync.run import Held
from wp_bridge import root
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater

log = structlog.get_logger(__name__)


def run_due(runtime: Runtime, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Begins the runs that are due and works through what waits; gives how many it took.

    Any number of threads and processes may do this at once: each run is claimed by one. When
    ``stop`` says so, what is under way is handed back after its page.
    """
    begin_due(runtime)
    with runtime.database.reading() as session:
        waiting = claiming.waiting(session, runtime.now())
    taken = 0
    for run_id in waiting:
        if stop():
            break
        taken += run_one(runtime, run_id, stop=stop)
    return taken


def recover(runtime: Runtime) -> None:
    """At start: runs of a process that died need not wait until their lease is over.

    Only where one process at a time pulls (SQLite). Were another one alive after all, it would
    find out at its next page, and store nothing.
    """
    if runtime.database.is_sqlite:
        with runtime.database.transaction() as session:
            claiming.release_all(session)


def begin_due(runtime: Runtime) -> None:
    """Queues a run for every connection whose time has come, or for which something came."""
    now = runtime.now()
    with runtime.database.reading() as session:
        due = _due(session, now)
    for wish in due:
        which = (wish.workspace_id, wish.connection_id)
        # What is handed in with a signature is no surprise: no guard stops it.
        force = wish.trigger == "webhook"
        try:
            with runtime.database.transaction() as session:
                if _is_still_due(session, wish, now):
                    control.start(session, *which, trigger=wish.trigger, force=force, now=now)
        except Problem:
            continue  # somebody else was faster, or removed it


def _due(session: Session, now: datetime, connection_id: UUID | None = None) -> list[Wish]:
    """The runs that should begin now, of one connection or of all."""
    return [
        Wish(connection.workspace_id, connection.id, "schedule")
        for connection, zone in _scheduled(session, connection_id)
        if schedule.is_due(connections.timing(connection, zone), now)
    ] + sooner.wishes(session, now, connection_id)


def _is_still_due(session: Session, wish: Wish, now: datetime) -> bool:
    """Whether nobody else has done it meanwhile, who was faster from its beginning to its end."""
    session.get(Connection, wish.connection_id, with_for_update=True)
    return wish in _due(session, now, wish.connection_id)


def run_one(runtime: Runtime, run_id: UUID, *, stop: Callable[[], bool] = lambda: False) -> bool:
    """Takes a waiting run and pulls until its end; False when it has to wait, or is somebody's."""
    with runtime.database.transaction() as session:
        waits = proving.must_wait(session, run_id, runtime.now())
        task = None if waits else claiming.claim(session, run_id, ids.new_id(), runtime.now())
    if task is None:
        return False
    try:
        _pull(runtime, task, stop)
    except Stopped:
        log.info("a run was cancelled, or is pulled by somebody else by now", run=str(run_id))
    except Enough:
        pass  # it has ended itself
    except HandBack:
        ending.hand_back(runtime, task)
    except Held as held:
        ending.hold(runtime, task, str(held))
    except (TryLater, AskTheOwner, NotUnderstood) as trouble:
        ending.suffer(runtime, task, trouble)
    except Conflict as conflict:
        ending.fail(runtime, task, conflict.detail)
    except Exception:
        log.exception("a run failed because of a fault in pressferry", run=str(run_id))
        ending.fail(runtime, task, "Something in pressferry went wrong: its log says what.")
    return True


def _pull(runtime: Runtime, task: Task, stop: Callable[[], bool]) -> None:
    connector = _connector(runtime, task)
    at_a_site = not is_here(task.source)
    store, order = prepared(runtime, task, connector, stop, is_read_again=at_a_site)
    site = open_site(runtime, task.site)
    try:
        if at_a_site and not site.rest_root:
            root.find(site)
        # A dry run may have enough after any page.
        ahead = (lambda: not stop()) if at_a_site and not task.dry else None
        pulling.run(connector, site, store, order, task.pull, reads_ahead=ahead)
    finally:
        site.close()


def _connector(runtime: Runtime, task: Task) -> Connector:
    which = task.progress.connection_id
    return _required(reader_of(runtime, task.source, which, is_kept=task.dry), task)


def connector_of(task: Task) -> Connector:
    """The connector of a run. Raises Conflict when it is not installed (any more)."""
    return _required(connectors.find().get(task.source), task)


def _required(found: Connector | None, task: Task) -> Connector:
    if found is None:
        raise Conflict(f"There is no connector '{task.source}': install it again.")
    return found


def prepared(
    runtime: Runtime,
    task: Task,
    connector: Connector,
    stop: Callable[[], bool],
    most: int | None = None,
    *,
    is_read_again: bool = False,
) -> tuple[ContactStore, Order]:
    """The contacts as the run sees them, and what it is to do with them; at ``most`` so many rows
    in a dry run. ``is_read_again``: what would be lost in a power cut comes again from its source.
    """
    once = task.once or Terms()
    store = (TrialStore if task.dry else ContactStore)(
        runtime.database,
        task.workspace_id,
        _trial(runtime, task, most) if task.dry else task.progress,
        task.terms,
        now=runtime.now,
        stop=stop,
        rules=replace(task.rules, groups=task.rules.groups | once.lists | once.tags),
        vault=runtime.vault,
        everybody=task.once is not None,
        is_read_again=is_read_again,
    )
    made = [field for field in connector.fields if field.target.startswith("fields.")]
    targets = store.learn(made) if made else None
    return store, Order(
        targets=targets or mapping.targets(task.fields, task.mapping, task.targets),
        terms=replace(
            task.terms, lists=task.terms.lists | once.lists, tags=task.terms.tags | once.tags
        ),
        guard=None if task.force or task.dry else _guard(runtime, task),
        address_of=email_address.normal,
        overwritten=task.progress.overwritten,
        forms=task.rules.forms,
        consent=task.rules.consent,
        kinds=task.kinds,
    )


def _guard(runtime: Runtime, task: Task) -> Guard:
    return Guard(runtime.guard_share, task.progress.known, task.site.is_file)


def _trial(runtime: Runtime, task: Task, most: int | None) -> TrialProgress:
    values = {one.name: getattr(task.progress, one.name) for one in fields(Progress)}
    guard = None if task.force else _guard(runtime, task)
    most = trial.MOST_ROWS if most is None else most
    return TrialProgress(**values, guard=guard, most=most)


def _scheduled(session: Session, connection_id: UUID | None) -> list[tuple[Connection, str]]:
    """Connections with a schedule that nothing keeps from running, and their time zone."""
    run = aliased(SyncRun)
    is_open = exists().where(run.connection_id == Connection.id, run.state.in_(control.OPEN))
    query = (
        select(Connection, Workspace.timezone)
        .join(Workspace, Workspace.id == Connection.workspace_id)
        .where(
            Connection.state == "ready",
            Connection.schedule.is_not(None),
            ~is_open,
            ~holding.is_held(),
        )
    )
    if connection_id:
        query = query.where(Connection.id == connection_id)
    return [(connection, zone) for connection, zone in session.execute(query)]
