"""Metrics: what relays did by hour and day, beside what is usual, with null for the unknowable."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from app import ids
from app.runtime import Runtime
from app.sending import ledger
from app.sending.models import Attempt, Delivery, Dispatch, Mailbox
from app.watching import keeping
from app.wsgi import create_app
from tests.app.campaign_desk import ready
from tests.app.conftest import Client, on_sqlite
from tests.conftest import TurnableClock


class Desk:
    """A launched campaign whose attempts are written by hand."""

    def __init__(self, owner: Client, runtime: Runtime) -> None:
        self.owner, self.runtime = owner, runtime
        self.campaign = ready(owner)
        owner.post(f"/campaigns/{self.campaign}/launch", {})
        self.relay = str((owner.get("/relays").json or {})["items"][0]["id"])

    def attempts(self, many: int, outcome: str = "accepted", took: int = 200) -> None:
        """Ended now."""
        now = self.runtime.now()
        with self.runtime.database.transaction() as session:
            person = session.scalars(select(Delivery.id).limit(1)).one()
            row = {
                "delivery_id": person,
                "relay_id": UUID(self.relay),
                "sender_id": ids.new_id(),
                "round": 0,
                "from_email": "a@example.com",
                "due_at": now - timedelta(seconds=30),
                "begun_at": now - timedelta(milliseconds=took),
                "finished_at": now,
                "outcome": outcome,
                "phase": "final_dot",
            }
            session.execute(insert(Attempt), [row] * many)
        keeping.keep(self.runtime.database, now)

    def metrics(self, query: str = "") -> dict[str, Any]:
        answer = self.owner.get(f"/relays/{self.relay}/metrics{query}")
        assert answer.status_code == 200, answer.json
        found: dict[str, Any] = answer.json or {}
        return found


@pytest.fixture
def desk(owner: Client, runtime: Runtime) -> Desk:
    return Desk(owner, runtime)


def test_hour_by_hour(desk: Desk, clock: TurnableClock) -> None:
    clock.turn(minutes=30)
    desk.attempts(3)
    clock.turn(hours=1)
    desk.attempts(1, "deferred", took=4000)
    found = desk.metrics("?from=2026-11-22T12:00:00Z&to=2026-11-22T14:00:00Z")
    assert [part["start"] for part in found["items"]] == [
        "2026-11-22T12:00:00Z",
        "2026-11-22T13:00:00Z",
    ]
    assert [part["accepted"] for part in found["items"]] == [3, 0]
    assert [part["deferred"] for part in found["items"]] == [0, 1]
    assert found["items"][0]["reply_ms"] == {"p50": 200, "p95": 200}
    assert found["items"][0]["queue_ms"] == {"p50": 30000, "p95": 30000}
    assert found["items"][1]["queue_ms"] == {"p50": None, "p95": None}
    assert found["total"]["attempts"] == 4
    assert (found["from"], found["to"]) == ("2026-11-22T12:00:00Z", "2026-11-22T14:00:00Z")


@on_sqlite
def test_what_a_relay_cannot_know_is_null_and_never_0(desk: Desk) -> None:
    desk.attempts(3)
    total = desk.metrics()["total"]
    unknowable = ("hard_bounces", "soft_bounces", "complaints", "opens", "clicks")
    assert [total[name] for name in unknowable] == [None] * 5
    assert (total["refused_hard"], total["unknown"]) == (0, 0)


def test_what_came_back_later_counts_where_somebody_listens(
    desk: Desk, clock: TurnableClock
) -> None:
    clock.turn(minutes=1)
    desk.attempts(2)
    with desk.runtime.database.transaction() as session:
        session.add(
            Mailbox(
                workspace_id=desk.owner.workspace_id,
                name="Bounces",
                host="127.0.0.1",
                port=143,
                encryption="none",
                username="u",
                addresses=["@example.com"],
                complaints=True,
                read_at=clock(),
                due_at=clock(),
                created_at=clock(),
                updated_at=clock(),
            )
        )
    total = desk.metrics()["total"]
    assert (total["hard_bounces"], total["soft_bounces"], total["complaints"]) == (0, 0, 0)
    clock.turn(hours=2)
    with desk.runtime.database.transaction() as session:
        for attempt in session.scalars(select(Attempt.id)).all():
            for kind, hard in (("bounced", True), ("bounced", False), ("complained", True)):
                event = ledger.Event(kind, attempt, "words", hard)  # type: ignore[arg-type]
                assert ledger.hear(session, desk.owner.workspace_id, event, now=clock())
    clock.turn(minutes=1)
    found = desk.metrics()
    total = found["total"]
    assert (total["hard_bounces"], total["soft_bounces"], total["complaints"]) == (1, 1, 1)
    assert total["attempts"] == 2
    assert found["items"][-1]["hard_bounces"] == 1, "in the hour in which it was heard"
    clock.turn(days=2)
    assert desk.metrics()["total"]["complaints"] is None, "the mailbox is not read any more"


def test_days_are_those_of_the_workspace(desk: Desk, clock: TurnableClock) -> None:
    clock.turn(minutes=1)
    desk.owner.patch("/workspace", {"timezone": "Pacific/Auckland"})
    desk.attempts(2)
    found = desk.metrics("?by=day&from=2026-11-20T12:00:00Z")
    days = {part["start"]: part["accepted"] for part in found["items"]}
    assert days == {
        "2026-11-20T11:00:00Z": 0,
        "2026-11-21T11:00:00Z": 0,
        "2026-11-22T11:00:00Z": 2,
    }


def test_what_is_unusual_is_said(desk: Desk, clock: TurnableClock) -> None:
    clock.turn(minutes=1)
    desk.attempts(300)
    clock.turn(days=2)
    desk.attempts(60)
    desk.attempts(40, "throttled")
    found = {one["figure"]: one for one in desk.metrics()["compared"]}
    assert found["throttled"]["sentence"] == "40 % of the mails were throttled, usually 0 %."
    assert found["throttled"]["unusual"]
    assert not found["deferred"]["unusual"]
    assert found["attempts_per_hour"]["usual"] == pytest.approx(300 / 24, rel=0.1)
    (seen,) = (desk.owner.get("/metrics").json or {})["relays"]
    assert seen["relay_name"] == "first"
    assert seen["total"]["throttled"] == 40
    assert seen["usual"]["accepted"] == 300
    assert {one["figure"]: one for one in seen["compared"]} == found


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "query",
    [
        "?from=2026-11-22T12:00:00Z&to=2026-11-22T12:00:00Z",
        "?from=2026-10-01T00:00:00Z&to=2026-11-22T12:00:00Z",
        "?by=day&from=2020-10-01T00:00:00Z",
        "?to=0001-01-01T00:00:00Z",
        "?from=2026-11-22",
        "?by=week",
    ],
)
def test_spans_that_are_none(desk: Desk, query: str) -> None:
    answer = desk.owner.get(f"/relays/{desk.relay}/metrics{query}")
    assert answer.status_code == 422, answer.json


def test_metrics_belong_to_the_workspace(desk: Desk, outsider: Client) -> None:
    desk.attempts(3)
    assert outsider.get(f"/relays/{desk.relay}/metrics").status_code == 404
    assert (outsider.get("/metrics").json or {})["relays"] == []


def test_the_queue(desk: Desk, clock: TurnableClock) -> None:
    launched = clock()
    clock.turn(minutes=5)
    queue = (desk.owner.get("/metrics").json or {})["queue"]
    oldest = launched.isoformat().replace("+00:00", "Z")
    assert queue == {"due": 3, "oldest_due_at": oldest, "unknown": 0}
    with desk.runtime.database.transaction() as session:
        one = select(Delivery.id).order_by(Delivery.id).limit(1).scalar_subquery()
        session.execute(update(Delivery).where(Delivery.id == one).values(state="unknown"))
    queue = (desk.owner.get("/metrics").json or {})["queue"]
    assert (queue["due"], queue["unknown"]) == (2, 1)
    with desk.runtime.database.transaction() as session:
        session.execute(update(Dispatch).values(hold="paused"))
    queue = (desk.owner.get("/metrics").json or {})["queue"]
    assert queue == {"due": 0, "oldest_due_at": None, "unknown": 1}


def scrape(client: Client, address: str = "127.0.0.1", **headers: str) -> Any:
    environ = {"REMOTE_ADDR": address}
    return client.app.test_client().get("/metrics", environ_base=environ, headers=headers)


def test_prometheus(desk: Desk, clock: TurnableClock) -> None:
    desk.owner.patch(f"/relays/{desk.relay}", {"name": "gmail of tom@example.com"})
    desk.attempts(3)
    desk.attempts(2, "unknown")
    clock.turn(minutes=5)
    answer = scrape(desk.owner)
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    me = f'workspace="{desk.owner.workspace_id}"'
    relay = f'relay="{desk.relay}"'
    for line in (
        f'pressferry_relay_attempts_total{{outcome="accepted",{relay},{me}}} 3.0',
        f'pressferry_relay_breaker{{{relay},state="closed",{me}}} 1.0',
        f'pressferry_relay_breaker{{{relay},state="open",{me}}} 0.0',
        f'pressferry_relay_reply_seconds_bucket{{le="0.1",{relay},{me}}} 0.0',
        f'pressferry_relay_reply_seconds_bucket{{le="0.25",{relay},{me}}} 3.0',
        f"pressferry_relay_reply_seconds_count{{{relay},{me}}} 3.0",
        f"pressferry_queue_due{{{me}}} 3.0",
        f"pressferry_queue_oldest_seconds{{{me}}} 300.0",
        "pressferry_senders_alive 0.0",
    ):
        assert line in lines, line
    assert 'name="gmail of (address)"' in answer.text
    assert "@" not in answer.text


@on_sqlite
def test_who_may_scrape(desk: Desk, runtime: Runtime) -> None:
    assert scrape(desk.owner, "::1").status_code == 200
    assert scrape(desk.owner, "192.0.2.7").status_code == 403
    proxied = {"X-Forwarded-For": "192.0.2.7"}
    assert scrape(desk.owner, **proxied).status_code == 403
    app = create_app(replace(runtime, metrics_token="a token for scraping"))
    locked = replace(desk.owner, app=app)
    assert scrape(locked).status_code == 401
    assert scrape(locked, Authorization="Bearer something else").status_code == 401
    given = {"Authorization": "Bearer a token for scraping"}
    assert scrape(locked, "192.0.2.7", **given, **proxied).status_code == 200
