"""Files are not kept for ever: people's exports lie nowhere longer than they are of use."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, or_, select, tuple_, update
from sqlalchemy.orm import Session

from app.sources.models import Connection, SyncRun
from app.sources.runs.control import OPEN
from app.sources.uploads.models import Upload, UploadPiece


def forget(session: Session, workspace_id: UUID, moment: datetime, most: int) -> int:
    """Lets go of files that were read last before ``moment``; how many. What they brought stays."""
    last = Connection.last_run_at
    old = (
        select(Upload.id)
        .join(Connection, Connection.id == Upload.connection_id)
        .where(Upload.workspace_id == workspace_id, Upload.is_kept.is_(True))
        .where(Upload.used_at < moment, or_(last.is_(None), last < moment), ~_is_being_read())
        .order_by(Upload.id)
        .limit(most)
    )
    doomed = list(session.scalars(old.with_for_update(of=Upload, skip_locked=True)))
    session.execute(update(Upload).where(Upload.id.in_(doomed)).values(is_kept=False))
    return len(doomed)


def clear(session: Session, workspace_id: UUID, moment: datetime, most: int) -> int:
    """Removes pieces of files that are not kept, nor were brought since ``moment``; how many."""
    left = (
        select(UploadPiece.upload_id, UploadPiece.number)
        .join(Upload, Upload.id == UploadPiece.upload_id)
        .where(Upload.workspace_id == workspace_id, Upload.is_kept.is_(False))
        .where(Upload.used_at < moment)
        .limit(most)
    )
    found = session.execute(left).all()
    which = tuple_(UploadPiece.upload_id, UploadPiece.number)
    session.execute(delete(UploadPiece).where(which.in_([tuple(one) for one in found])))
    return len(found)


def _is_being_read() -> ColumnElement[bool]:
    mine = SyncRun.connection_id == Upload.connection_id
    return exists().where(mine, SyncRun.state.in_(OPEN))
