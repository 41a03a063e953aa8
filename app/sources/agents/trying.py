"""A dry run of a site that an agent reads: its pages are kept here, and tried when all are there.

The first of them stay for a day, so that single rows can be looked at.
"""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.runtime import Runtime
from app.sources.agents.models import TrialPage
from app.sources.models import SyncRun
from app.sources.runs import control
from app.sources.runs.progress import LEASE, Progress, Stopped, mine
from app.sources.runs.trial import Enough
from app.vault import speaking_of
from connectors import Page
from sync.travelling import said, understood

#: Somebody waits while so many rows are tried at once.
MOST_ROWS = 5_000
#: So many pages are kept afterwards, and so long.
_MOST_PAGES, _KEPT = 3, timedelta(days=1)
#: Tries pages, each as if a run here had read it.
Try = Callable[[Iterator[Page]], None]


def take(
    runtime: Runtime,
    progress: Progress,
    number: int,
    page: Page,
    note: Callable[[Session], None],
    try_: Try,
) -> None:
    """Keeps a page, which ``note`` acknowledges; with the last one all of them are tried.

    Raises Stopped when another page is due, and what ``try_`` raises.
    """
    with runtime.database.transaction() as session:
        run = session.get_one(
            SyncRun, progress.run_id, with_for_update=True, populate_existing=True
        )
        if run.pages != number:
            raise Stopped
        secret = runtime.vault.close(json.dumps(said(page)))
        session.add(TrialPage(run_id=run.id, number=number, secret=secret))
        seen, total = run.seen + len(page.rows), page.total or run.total
        until = runtime.now() + LEASE
        mine(session, progress, pages=number + 1, seen=seen, total=total, lease_until=until)
        is_last = page.cursor is None or seen >= MOST_ROWS
        if not is_last:
            note(session)
    if is_last:
        try:
            try_(_kept(runtime, progress.run_id))
        except Enough:
            pass  # it has ended itself
        _thin_out(runtime, progress.run_id)


def newest(runtime: Runtime, connection_id: UUID) -> Iterator[Page]:
    """The first pages that the newest dry run of a connection brought. Raises Conflict."""
    with runtime.database.reading() as session:
        mine_ = (SyncRun.connection_id == connection_id, SyncRun.dry, TrialPage.number == 0)
        found = session.scalar(
            select(SyncRun.id)
            .join(TrialPage, TrialPage.run_id == SyncRun.id)
            .where(*mine_)
            .order_by(SyncRun.id.desc())
            .limit(1)
        )
    if found is None:
        raise Conflict(
            "A sync agent reads this site: begin a dry run (POST /connections/{id}/runs with "
            '{"dry": true}). When the agent has brought it, its first rows can be looked at here '
            "for a day."
        )
    return _kept(runtime, found)


def forget(session: Session, connection_id: UUID) -> None:
    """Lets go of what earlier dry runs of a connection brought, for a new one."""
    of_it = select(SyncRun.id).where(SyncRun.connection_id == connection_id)
    session.execute(delete(TrialPage).where(TrialPage.run_id.in_(of_it)))


def forget_old(runtime: Runtime) -> None:
    """Lets go of what dry runs brought more than a day ago."""
    with runtime.database.transaction() as session:
        old = select(SyncRun.id).where(
            SyncRun.created_at < runtime.now() - _KEPT, SyncRun.state.not_in(control.OPEN)
        )
        session.execute(delete(TrialPage).where(TrialPage.run_id.in_(old)))


def _kept(runtime: Runtime, run_id: UUID) -> Iterator[Page]:
    """The pages of a run, in order."""
    number = 0
    while True:
        with runtime.database.reading() as session:
            row = session.get(TrialPage, (run_id, number))
        if row is None:
            return
        with speaking_of("What the agent brought", "do it anew"):
            opened = runtime.vault.open(row.secret)
        yield understood(Page, json.loads(opened), "page")
        number += 1


def _thin_out(runtime: Runtime, run_id: UUID) -> None:
    with runtime.database.transaction() as session:
        late = TrialPage.run_id == run_id, TrialPage.number >= _MOST_PAGES
        session.execute(delete(TrialPage).where(*late))
