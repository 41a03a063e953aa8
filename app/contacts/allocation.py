"""How many contacts a workspace may have: every one counts that is not deleted."""

from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.statements.ready import Asking
from app.workspaces.models import Workspace

#: How many contacts a workspace may have; asked for every page that a source brings.
_MOST = Asking(select(Workspace.contact_allocation).where(Workspace.id == bindparam("which")))


def room(session: Session, workspace_id: UUID) -> int | None:
    """For how many more there is room; below 0 when it was made smaller, None for any number."""
    ((most,),) = _MOST.all(session, {"which": workspace_id})
    if most is None:
        return None
    query = select(func.count()).select_from(Contact).where(Contact.workspace_id == workspace_id)
    return int(most) - (session.scalar(query) or 0)
