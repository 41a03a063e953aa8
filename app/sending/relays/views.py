"""What is shown beside a relay's settings: whose default it is, and what it may send today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.rules.pace import limits, warm_up
from app.sending.models import Relay
from app.sending.relays import duties, limiting, metering
from app.workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Today:
    """A relay's day in the workspace's zone, or its last 24 hours: how much it may send (None: no
    limit), how much it began, and which day of its warm-up it is (None: no plan, or it is over).
    ``next_at``: when the next mail may begin, where the limit of the hour or of the day is used up.
    """

    daily_limit: int | None
    begun: int
    warm_up_day: int | None
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Beside:
    """What a workspace knows about its relays apart from their rows."""

    zone: str
    users: Mapping[UUID, Sequence[UUID]]


def beside(session: Session, workspace_id: UUID) -> Beside:
    """Reads it once for any number of relays."""
    zone = session.get_one(Workspace, workspace_id).timezone
    return Beside(zone, duties.users_of(session, workspace_id))


def today(relay: Relay, now: datetime, zone: str) -> Today:
    """The relay's day."""
    day = now.astimezone(ZoneInfo(zone)).date()
    plan = metering.warm_up_of(relay)
    warming = plan is not None and warm_up.cap(plan, day) is not None
    found = limiting.used(relay, now, zone)
    return Today(
        found.allowed.daily,
        limits.begun_today(found.allowed, found.meter),
        warm_up.day_number(plan, day) if plan is not None and warming else None,
        found.next_at,
    )
