"""Looks for what nobody's transaction notices: a backlog, a sender that is gone, what is over."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.alerts import over, raise_, wishes
from app.alerts.models import Alert
from app.db import Database
from app.rules.pace import destinations, limits
from app.sending.destinations.complaints import blocked_at
from app.sending.guards import alarming
from app.sending.models import Dispatch, Relay, Sender
from app.sending.relays import metering
from app.sending.senders import valve
from app.sources.agents import silence
from app.sources.runs import holding
from app.sources.sites import health
from app.watching import queue
from app.watching.queue import Queue
from app.workspaces.models import Workspace

#: Mail may wait so long for a sender before its absence is told.
_ABSENCE = timedelta(minutes=1)
_OF_SITES = ("site_needs_reauth", "site_failing")
_OF_RELAYS = (
    "breaker_open",
    "credentials_refused",
    "hourly_limit",
    "daily_limit",
    "provider_quota",
    "relay_blocked",
)


@dataclass(frozen=True, slots=True)
class _View:
    """What one look sees. ``alive``: some sender keeps its lease, or all sending is held.
    ``begins``: so lately that one may still be about to.
    """

    now: datetime
    alive: bool
    begins: bool
    queues: dict[UUID, Queue]
    minutes: dict[UUID, int]

    def waits(self, workspace_id: UUID) -> timedelta:
        """How long the oldest due mail of a workspace waits."""
        oldest = self.queues.get(workspace_id, Queue()).oldest_due_at
        return self.now - oldest if oldest else timedelta(0)

    def is_backlog(self, workspace_id: UUID) -> bool:
        """Whether mail waits longer than the workspace allows."""
        allowed = timedelta(minutes=self.minutes.get(workspace_id, wishes.BACKLOG_MINUTES))
        return self.waits(workspace_id) > allowed

    def is_left_alone(self, workspace_id: UUID) -> bool:
        """Whether mail waits and nobody is there to send it."""
        return not self.alive and self.waits(workspace_id) > _ABSENCE

    def is_missed(self, workspace_id: UUID) -> bool:
        """Whether that is to be told."""
        return self.is_left_alone(workspace_id) and not self.begins


def look(database: Database, now: datetime, *, began: datetime | None = None) -> None:
    """One look at all workspaces. Safe beside another.

    ``began``: when this process did, if a sender may be about to begin with it.
    """
    with database.reading() as session:
        view = _view(session, now, began)
        ended = [alert for alert in _open(session) if _is_over(session, alert, view)]
        silent = [agent.id for agent in silence.untold(session, now)]
    late = sorted(one for one in view.queues if view.is_backlog(one) or view.is_missed(one))
    if not ended and not late and not silent:
        return
    with database.transaction() as session:
        for alert in ended:
            over(session, alert.workspace_id, alert.kind, alert.about, now=now)
        for workspace_id in late:
            _raise(session, workspace_id, view)
        for agent_id in silent:
            silence.tell(session, agent_id, now)


def _view(session: Session, now: datetime, began: datetime | None) -> _View:
    queues = queue.by_workspace(session, now)
    lives = Sender.stopped_at.is_(None) & (Sender.lease_until > now)
    alive = session.scalar(select(exists().where(lives))) or False
    alive = alive or valve.is_closed(session)
    begins = began is not None and now - began < _ABSENCE
    return _View(now, alive, begins, queues, wishes.backlog_minutes(session, queues))


def _open(session: Session) -> list[Alert]:
    kinds = (
        *_OF_RELAYS,
        *_OF_SITES,
        silence.KIND,
        holding.KIND,
        "backlog",
        "sender_gone",
        "sender_refused",
        "unknown_deliveries",
    )
    mine = select(Alert).where(Alert.closed_at.is_(None), Alert.kind.in_(kinds))
    return list(session.scalars(mine.order_by(Alert.id)))


def _raise(session: Session, workspace_id: UUID, view: _View) -> None:
    one = view.queues[workspace_id]
    minutes = int(view.waits(workspace_id).total_seconds() // 60)
    long = f"{minutes} minutes" if minutes != 1 else "a minute"
    mails = f"{one.due} mails are" if one.due != 1 else "1 mail is"
    waiting = f"{mails} due, and the oldest waits for {long}"
    if view.is_backlog(workspace_id):
        sentence = f"{waiting}: see which relays are off or at their limits (GET /relays)."
        raise_(session, workspace_id, "backlog", "", sentence, now=view.now)
    if view.is_missed(workspace_id):
        start = "`pressferry serve` (or, on PostgreSQL, `pressferry worker`)"
        sentence = f"{waiting}, and no process that sends is alive: start {start}."
        raise_(session, workspace_id, "sender_gone", "", sentence, now=view.now)


def _is_over(session: Session, alert: Alert, view: _View) -> bool:
    match alert.kind:
        case "backlog":
            return not view.is_backlog(alert.workspace_id)
        case "sender_gone":
            return not view.is_left_alone(alert.workspace_id)
        case "sender_refused":
            dispatch = session.get(Dispatch, UUID(alert.about))
            return dispatch is None or dispatch.finished_at is not None
        case "unknown_deliveries":
            mine = alarming.still_in_doubt(alert.workspace_id, alert.about)
            return not session.scalar(select(exists().where(*mine)))
        case kind if kind in _OF_SITES:
            return health.is_over(session, kind, UUID(alert.about), view.now)
        case holding.KIND:
            return not holding.those_held(session, [UUID(alert.about)])
        case silence.KIND:
            return silence.is_over(session, UUID(alert.about), view.now)
        case _:
            relay = session.get(Relay, UUID(alert.about))
            return relay is None or _is_well_again(session, alert.kind, relay, view.now)


def _is_well_again(session: Session, kind: str, relay: Relay, now: datetime) -> bool:
    zone = session.get_one(Workspace, relay.workspace_id).timezone
    allowed = metering.limits_of(relay, now, zone)
    meter = limits.turned(metering.meter_of(relay), now, ZoneInfo(zone))
    match kind:
        case "breaker_open":
            return relay.open_until is None
        case "hourly_limit":
            return allowed.hourly is None or meter.hour_count < allowed.hourly
        case "daily_limit":
            return allowed.daily is None or limits.begun_today(allowed, meter) < allowed.daily
        case "provider_quota":
            return relay.quota_until is None or relay.quota_until <= now
        case "relay_blocked":
            return len(blocked_at(session, relay.id, now)) <= destinations.MANY
        case _:
            return False
