"""The growth of relays that warm up stands still where their figures are bad."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.rules.health import guards
from app.rules.pace import warm_up
from app.sending.guards import figures
from app.sending.models import Relay
from app.sending.relays import metering, standing
from app.workspaces.models import Workspace


def frozen_today(session: Session, workspace_id: UUID, now: datetime) -> Sequence[tuple[UUID, str]]:
    """Relays that warm up and whose figures of this day are too bad to grow: (relay, day)."""
    zone = session.get_one(Workspace, workspace_id).timezone
    today = now.astimezone(ZoneInfo(zone)).date()
    found: list[tuple[UUID, str]] = []
    for relay in standing.of_workspace(session, workspace_id):
        plan = metering.warm_up_of(relay)
        if plan is None or today in plan.frozen or not warm_up.cap(plan, today):
            continue
        if guards.freezes_warm_up(figures.of_relay(session, relay, zone, now)):
            found.append((relay.id, today.isoformat()))
    return found


def freeze(session: Session, frozen: Sequence[tuple[UUID, str]]) -> None:
    """Tomorrow these relays may send as much as today, not more."""
    for relay_id, day in frozen:
        relay = session.get(Relay, relay_id, with_for_update=True)
        if relay is not None and day not in relay.warm_up_frozen:
            relay.warm_up_frozen = [*relay.warm_up_frozen, day]
    session.flush()
