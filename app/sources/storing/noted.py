"""What was noted of the rows of a source."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Delete, delete, select
from sqlalchemy.orm import Session

from app.runtime import Runtime
from app.sources.models import PurchaseRow, RejectedRow, SourceRow, SyncRun

#: So many go in one transaction: whoever else wants to write does not wait for all of them.
_AT_ONCE = 5_000
_QUIETLY = {"synchronize_session": False}


def forget(session: Session, connection_id: UUID) -> None:
    """A source that is read in another way has other rows: none of them was seen before."""
    session.execute(
        delete(SourceRow)
        .where(SourceRow.connection_id == connection_id)
        .execution_options(**_QUIETLY)
    )


def clear(runtime: Runtime, connection_id: UUID) -> None:
    """Forgets everything of a source that is about to be removed, bit by bit."""
    for some in _parts(connection_id):
        gone = _AT_ONCE
        while gone == _AT_ONCE:
            with runtime.database.transaction(durable=False) as session:
                done: Any = session.execute(some.execution_options(**_QUIETLY))
                gone = done.rowcount


def _parts(connection_id: UUID) -> Iterator[Delete]:
    """For each table, what deletes some of its rows."""
    for table in (SourceRow, PurchaseRow):
        mine = table.connection_id == connection_id
        some = select(table.source_id).where(mine).limit(_AT_ONCE)
        yield delete(table).where(mine, table.source_id.in_(some))
    runs = select(SyncRun.id).where(SyncRun.connection_id == connection_id)
    rejected = select(RejectedRow.id).where(RejectedRow.run_id.in_(runs)).limit(_AT_ONCE)
    yield delete(RejectedRow).where(RejectedRow.id.in_(rejected))
