"""How long a workspace keeps what is over, where that differs from the installation."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.rules.retention import Kept
from app.workspaces import edit


def kept(session: Session, workspace_id: UUID, usual: Kept) -> Kept:
    """What holds for the workspace; ``usual``: for the installation. Raises NotFound."""
    return usual.but(edit.get(session, workspace_id).retention)


def change(
    session: Session,
    workspace_id: UUID,
    values: Mapping[str, int | None],
    usual: Kept,
    *,
    now: datetime,
) -> Kept:
    """Changes what is given: days, None: for ever. Raises NotFound."""
    workspace = edit.get(session, workspace_id)
    workspace.retention = {**workspace.retention, **values}
    workspace.updated_at = now
    session.flush()
    return usual.but(workspace.retention)
