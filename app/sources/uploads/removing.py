"""Files are removed bit by bit: nobody who wants to write waits for all of a large one."""

from uuid import UUID

from sqlalchemy import delete, select

from app.runtime import Runtime
from app.sources.models import Connection, Site, SourceRow
from app.sources.uploads import keeping, receiving

#: So many noted rows go in one transaction.
_ROWS = 5_000


def remove(runtime: Runtime, workspace_id: UUID, upload_id: UUID) -> None:
    """Removes a file with its connection and runs; the contacts stay. Raises NotFound.

    Whoever is stopped in the middle leaves a file that is not kept any more, to be removed again.
    """
    with runtime.database.transaction() as session:
        upload = receiving.get(session, workspace_id, upload_id)
        upload.is_kept = False
        which = upload.connection_id
    keeping.drop(runtime, upload_id)
    _forget_rows(runtime, which)
    with runtime.database.transaction() as session:
        upload = receiving.get(session, workspace_id, upload_id)
        connection = session.get_one(Connection, upload.connection_id)
        session.delete(session.get_one(Site, connection.site_id))


def _forget_rows(runtime: Runtime, connection_id: UUID) -> None:
    mine = SourceRow.connection_id == connection_id
    some = select(SourceRow.source_id).where(mine).limit(_ROWS)
    rows = (
        delete(SourceRow).where(mine, SourceRow.source_id.in_(some)).returning(SourceRow.source_id)
    )
    quietly = rows.execution_options(synchronize_session=False)
    while True:
        with runtime.database.transaction(durable=False) as session:
            gone = len(session.execute(quietly).all())
        if gone < _ROWS:
            return
