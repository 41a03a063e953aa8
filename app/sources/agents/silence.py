"""A sync agent that is not heard of any more: found out, told once, and over when it is back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.alerts import over, raise_
from app.alerts.models import Alert
from app.sources.agents.models import Agent
from app.sources.models import Site

KIND = "agent_silent"
#: An agent that stays asks every few seconds; one that cron begins is missed after so many turns.
LEAST, TURNS = timedelta(hours=1), 4
#: While it brings one batch after the other, it is noted this often that it was there.
_NOTED_EVERY = timedelta(minutes=1)
#: An agent asks an absent server again every five minutes: after an outage it needs as long.
_GRACE = timedelta(minutes=10)


def heard(session: Session, agent: Agent, now: datetime) -> None:
    """The agent said something: it is there."""
    if agent.seen_at and timedelta(0) <= now - agent.seen_at < _NOTED_EVERY:
        return
    agent.seen_at, agent.missed_at = now, None
    over(session, agent.workspace_id, KIND, str(agent.id), now=now)


def begun(agent: Agent, now: datetime, *, once: bool) -> None:
    """The agent was begun by somebody, to work ``once``, or it stays: so often it is expected."""
    if not once:
        agent.begun_at, agent.every_seconds = None, 0
        return
    if agent.begun_at:
        agent.every_seconds = max(1, int((now - agent.begun_at).total_seconds()))
    agent.begun_at = now


def is_silent(agent: Agent, now: datetime) -> bool:
    """Whether it should have been heard of by now. One that worked a single time need not."""
    if agent.seen_at is None or agent.revoked_at is not None:
        return False
    if agent.begun_at and not agent.every_seconds:
        return False
    patience = max(LEAST, TURNS * timedelta(seconds=agent.every_seconds))
    return now - agent.seen_at >= patience


def untold(session: Session, now: datetime) -> Sequence[Agent]:
    """Silent agents about which something is to be done: no alert is open yet."""
    late = Agent.seen_at <= now - LEAST, Agent.revoked_at.is_(None)
    found = [one for one in session.scalars(select(Agent).where(*late)) if is_silent(one, now)]
    if not found:
        return []
    told = select(Alert.about).where(Alert.kind == KIND, Alert.closed_at.is_(None))
    known = set(session.scalars(told))
    return [one for one in found if str(one.id) not in known and _is_time(one, now)]


def tell(session: Session, agent_id: UUID, now: datetime) -> None:
    """Notes that the agent is missed; raises the alert, if it is still missed some time later."""
    agent = session.get(Agent, agent_id, with_for_update=True)
    if agent is None or not is_silent(agent, now):
        return
    if agent.missed_at is None:
        agent.missed_at = now
        return
    site = session.get_one(Site, agent.site_id)
    since = agent.seen_at.strftime("%Y-%m-%d %H:%M UTC") if agent.seen_at else "ever"
    sentence = (
        f"The sync agent of {site.name or site.url} ({site.url}) was heard of last at {since}, so "
        "nothing comes from there. See whether it runs and reaches this server: "
        "`pressferry agent status` beside it says what it met last."
    )
    raise_(session, agent.workspace_id, KIND, str(agent.id), sentence, now=now)


def is_over(session: Session, agent_id: UUID, now: datetime) -> bool:
    """Whether it is back, removed, or shut out."""
    agent = session.get(Agent, agent_id)
    return agent is None or not is_silent(agent, now)


def _is_time(agent: Agent, now: datetime) -> bool:
    return agent.missed_at is None or now - agent.missed_at >= _GRACE
