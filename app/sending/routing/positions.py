"""Places in lists that are asked in order."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.sending.models import ReplyRule, RoutingRule


def position(
    session: Session,
    rules: type[ReplyRule] | type[RoutingRule],
    workspace_id: UUID,
    given: int | None,
) -> int:
    """The position of a rule: the one that is given, else behind all others."""
    if given is not None:
        return given
    last = select(func.max(rules.position)).where(rules.workspace_id == workspace_id)
    return (session.scalar(last) or 0) + 1
