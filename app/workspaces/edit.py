"""A workspace's own settings: read and change."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound
from app.workspaces.models import Workspace

#: What may be changed.
FIELDS = (
    "name",
    "timezone",
    "failover_enabled",
    "backup_relay_id",
    "failover_from_policy",
    "failover_into_transactional",
    "failover_when_blocked",
    "contact_allocation",
)


def get(session: Session, workspace_id: UUID) -> Workspace:
    """The workspace. Raises NotFound."""
    found = session.get(Workspace, workspace_id)
    if found is None:
        raise NotFound("There is no such workspace.")
    return found


def change(
    session: Session, workspace_id: UUID, values: dict[str, Any], *, now: datetime
) -> Workspace:
    """Changes what is given of FIELDS; ``timezone`` is an IANA name. Raises Invalid."""
    workspace = get(session, workspace_id)
    if "timezone" in values:
        _check_timezone(values["timezone"])
    for name in FIELDS:
        if name in values:
            setattr(workspace, name, values[name])
    workspace.updated_at = now
    session.flush()
    return workspace


def _check_timezone(name: str) -> None:
    if name not in available_timezones():
        sentence = f"'{name[:60]}' is no time zone: give an IANA name such as Europe/Berlin or UTC."
        raise Invalid(sentence, {"timezone": [sentence]})
