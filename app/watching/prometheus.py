"""Everything that is watched, in the words of Prometheus; read from the database at each scrape.

So it does not matter which process is asked, nor how many there are. Labels hold ids, and the
names that people gave to relays with every address in them hidden.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily as Counter
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.core import HistogramMetricFamily as Histogram
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.alerts.models import Alert
from app.db import Database
from app.rules.health.figures import Figures
from app.sending.models import Relay, Sender
from app.sending.relays import health
from app.sources.models import SyncRun
from app.watching import figures, queue

#: What an attempt can come to, by the name it is counted under. What nobody knows may be settled
#: later, so it is no counter: those never go down.
_OUTCOMES = {
    "accepted": "accepted",
    "deferred": "deferred",
    "throttled": "throttled",
    "hard": "bounced_hard",
    "soft": "bounced_soft",
    "rejected": "rejected",
    "refused": "refused",
    "blocked": "blocked",
    "unauthorized": "unauthorized",
}
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400, 86400)
_ADDRESS = re.compile(r"\S*@\S*")


def scrape(database: Database, now: datetime) -> bytes:
    """The whole text, in Prometheus' own format."""
    registry = CollectorRegistry(auto_describe=False)
    with database.reading() as session:
        registry.register(_Once([*_relays(session, now), *_queues(session, now)]))
    return generate_latest(registry)


class _Once(Collector):
    """What was read, handed over as it is."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        return self._metrics


def _relays(session: Session, now: datetime) -> Iterator[Metric]:
    who = ["workspace", "relay"]
    info = Gauge("pressferry_relay_info", "Always 1.", labels=[*who, "name", "preset", "stream"])
    enabled = Gauge("pressferry_relay_enabled", "1: may send.", labels=who)
    breaker = Gauge(
        "pressferry_relay_breaker", "1: the breaker is in this state.", labels=[*who, "state"]
    )
    attempts = Counter(
        "pressferry_relay_attempts", "What attempts came to.", labels=[*who, "outcome"]
    )
    reply = Histogram("pressferry_relay_reply_seconds", "Begin to answer.", labels=who)
    waited = Histogram("pressferry_relay_queue_seconds", "Due to acceptance.", labels=who)
    ever = figures.ever(session)
    for relay in session.scalars(select(Relay).order_by(Relay.id)):
        me = [str(relay.workspace_id), str(relay.id)]
        name = _ADDRESS.sub("(address)", relay.name)
        info.add_metric([*me, name, relay.preset, relay.stream], 1)
        enabled.add_metric(me, int(relay.enabled))
        state = health.health(relay, now).state
        for one in ("closed", "open", "probing"):
            breaker.add_metric([*me, one], int(one == state))
        found = ever.get(relay.id, Figures())
        for counted, outcome in _OUTCOMES.items():
            attempts.add_metric([*me, outcome], found[counted])
        reply.add_metric(me, *_buckets(found.reply))
        waited.add_metric(me, *_buckets(found.queue))
    yield from (info, enabled, breaker, attempts, reply, waited)


def _buckets(times: Mapping[int, int]) -> tuple[list[tuple[str, float]], float]:
    """Cumulated, as Prometheus wants them, and the sum of all in seconds."""
    found: list[tuple[str, float]] = [
        (str(float(bound)), sum(many for time, many in times.items() if time <= bound * 1000))
        for bound in _SECONDS
    ]
    found.append(("+Inf", sum(times.values())))
    return found, sum(time * many for time, many in times.items()) / 1000


def _queues(session: Session, now: datetime) -> Iterator[Metric]:
    labels = ["workspace"]
    due = Gauge("pressferry_queue_due", "Deliveries that could go now.", labels=labels)
    oldest = Gauge("pressferry_queue_oldest_seconds", "How long the oldest waits.", labels=labels)
    unknown = Gauge(
        "pressferry_unknown_deliveries", "Nobody knows whether they went.", labels=labels
    )
    for workspace_id, one in sorted(queue.by_workspace(session, now).items()):
        me = [str(workspace_id)]
        due.add_metric(me, one.due)
        age = (now - one.oldest_due_at).total_seconds() if one.oldest_due_at else 0
        oldest.add_metric(me, age)
        unknown.add_metric(me, one.unknown)
    alive = Gauge("pressferry_senders_alive", "Processes that send and keep their lease.")
    still = (Sender.stopped_at.is_(None)) & (Sender.lease_until > now)
    alive.add_metric([], session.scalar(select(func.count()).where(still)) or 0)
    runs = Gauge("pressferry_sync_runs", "Pulls of sites, by state.", labels=[*labels, "state"])
    by_state = select(SyncRun.workspace_id, SyncRun.state, func.count())
    for workspace_id, state, many in session.execute(
        by_state.group_by(SyncRun.workspace_id, SyncRun.state)
    ):
        runs.add_metric([str(workspace_id), state], many)
    alerts = Gauge("pressferry_alerts_open", "What is wrong now.", labels=[*labels, "kind"])
    wrong = select(Alert.workspace_id, Alert.kind, func.count()).where(Alert.closed_at.is_(None))
    for workspace_id, kind, many in session.execute(wrong.group_by(Alert.workspace_id, Alert.kind)):
        alerts.add_metric([str(workspace_id), kind], many)
    yield from (due, oldest, unknown, alive, runs, alerts)
