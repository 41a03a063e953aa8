"""Files are not kept for ever: people's exports lie nowhere longer than they are of use."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.orm import Session

from app.sources.models import Connection, SyncRun
from app.sources.runs.control import OPEN
from app.sources.uploads.models import Upload, UploadPiece


def forget(session: Session, workspace_id: UUID, moment: datetime, most: int) -> int:
    """Lets go of files that were read last before ``moment``; how many. What they brought stays."""
    run_is_open = exists().where(
        SyncRun.connection_id == Upload.connection_id, SyncRun.state.in_(OPEN)
    )
    last = Connection.last_run_at
    old = (
        select(Upload.id)
        .join(Connection, Connection.id == Upload.connection_id)
        .where(Upload.workspace_id == workspace_id, Upload.used_at < moment, ~run_is_open)
        .where(
            or_(last.is_(None), last < moment), exists().where(UploadPiece.upload_id == Upload.id)
        )
        .order_by(Upload.id)
        .limit(most)
    )
    doomed = list(session.scalars(old.with_for_update(of=Upload, skip_locked=True)))
    session.execute(update(Upload).where(Upload.id.in_(doomed)).values(is_kept=False))
    session.execute(delete(UploadPiece).where(UploadPiece.upload_id.in_(doomed)))
    return len(doomed)
