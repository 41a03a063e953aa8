"""How much of people's files a workspace may have at a time."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.runtime import Runtime
from app.sources.uploads.models import Upload
from app.workspaces.models import Workspace

#: Files of which pieces may be on their way.
_ARRIVING = timedelta(hours=1)


def require(session: Session, runtime: Runtime, workspace_id: UUID, size: int) -> None:
    """Raises Conflict when there is no room for a file of ``size`` bytes, saying what may go.

    In a transaction that writes, nobody else takes the same room.
    """
    lock = select(Workspace.id).where(Workspace.id == workspace_id)
    session.execute(lock.with_for_update(key_share=True))
    since = runtime.now() - _ARRIVING
    kept = session.scalars(
        select(Upload)
        .where(Upload.workspace_id == workspace_id)
        .where(or_(Upload.is_kept.is_(True), Upload.used_at > since))
        .order_by(Upload.used_at, Upload.id)
    ).all()
    total = sum(one.size for one in kept)
    if len(kept) < runtime.kept_uploads and total + size <= runtime.kept_upload_bytes:
        return
    raise Conflict(_sentence(runtime, kept, total, size))


def _sentence(runtime: Runtime, kept: Sequence[Upload], total: int, size: int) -> str:
    most = f"{runtime.kept_uploads} files with {runtime.kept_upload_bytes:,} bytes together"
    here = f"{len(kept)} with {total:,} bytes are here, and this one has {size:,}"
    if not kept:
        return f"This workspace may keep {most}: this file alone has {size:,}. Bring it in parts."
    oldest, largest = kept[0], max(kept, key=lambda one: one.size)
    which = [f"{_named(oldest)} was read longest ago"]
    if largest.id != oldest.id:
        which.append(f"{_named(largest)} is the largest, with {largest.size:,} bytes")
    return (
        f"This workspace may keep {most}: {here}. Delete what you do not need any more "
        f"(DELETE /uploads/{{id}}; the contacts stay): {', '.join(which)}."
    )


def _named(upload: Upload) -> str:
    return f"'{upload.name}' ({upload.id})"
