"""Whether a run that a hint began has to go through everything, or only through what was named."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.sources.agents import enrolling
from app.sources.models import Connection, SyncRun
from sync import passes

#: More than so much is not asked for one by one.
_MOST = 200
#: Stands for all that could have changed.
_ANYTHING = "*"


def note(connection: Connection, named: str) -> None:
    """Something changed at the source: what ``named`` says, or, if that is "", anything."""
    known = list(connection.pull_for) if connection.pull_by else []
    if not named or len(known) >= _MOST:
        connection.pull_for = [_ANYTHING]
    elif named not in known:
        connection.pull_for = [*known, named]


def narrow(session: Session, connection: Connection, run: SyncRun, now: datetime) -> None:
    """Decides once, before its first page, what ``run`` is for.

    Only what was named, if a hint began it, everything that was told since has a name, and nothing
    else is due: no full pass, no sweep that was left half-way, nothing that went wrong before.
    """
    named, connection.pull_for, connection.pull_by = connection.pull_for, [], None
    since = passes.since(connection.mark, connection.swept_at, connection.updated_at, now)
    is_small = bool(named) and _ANYTHING not in named and not connection.trouble
    is_sweep = run.full or run.force or run.once is not None or since is None or connection.cursor
    if run.trigger == "hint" and is_small and not is_sweep:
        run.named = None if enrolling.reads(session, connection.site_id) else named
