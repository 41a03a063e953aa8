"""What a workspace should know about its relays before it relies on failover."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.sending.models import Relay


def failover_warnings(session: Session, workspace_id: UUID, *, failover_enabled: bool) -> list[str]:
    """Sentences that say why failover, though switched on, would find nowhere to go."""
    if not failover_enabled:
        return []
    excluded = session.scalars(
        select(Relay.exclude_from_failover).where(
            Relay.workspace_id == workspace_id, Relay.enabled.is_(True)
        )
    ).all()
    if len(excluded) < 2:
        return [
            f"Failover is on, but the number of enabled relays is {len(excluded)}: "
            "when one fails there is no other. Add or enable a second relay."
        ]
    if all(excluded):
        return [
            "Failover is on, but every enabled relay is excluded from it: include at least one."
        ]
    return []
