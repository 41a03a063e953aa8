"""A limit that is set below what was begun already: said at once, with when it goes on."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.alerts.models import Alert
from app.db import Database
from app.runtime import Runtime
from app.sending.models import Relay
from app.sending.relays import standing
from app.watching import looking
from tests.app import campaign_desk as desk
from tests.app.conftest import Client
from tests.app.test_messages import handed
from tests.app.test_relays import changed, made, seen
from tests.app.test_routing_explain import explained
from tests.conftest import TurnableClock

MIDNIGHT = "2026-11-23T00:00:00Z"


def begin(runtime: Runtime, relay: dict[str, Any], count: int) -> None:
    """The relay begins so many mails."""
    with runtime.database.transaction() as session:
        row = session.get_one(Relay, UUID(relay["id"]))
        standing.take(row, count, runtime.now(), "UTC")


def alerts(runtime: Runtime) -> list[tuple[str, bool]]:
    """The sentences of alerts about limits, and whether each is over."""
    with runtime.database.reading() as session:
        mine = Alert.kind.in_(("daily_limit", "hourly_limit"))
        rows = session.scalars(select(Alert).where(mine).order_by(Alert.kind))
        return [(one.sentence, one.closed_at is not None) for one in rows]


def test_the_relay_the_alert_and_the_mail_say_it(
    owner: Client, runtime: Runtime, clock: TurnableClock
) -> None:
    relay = made(owner, daily_limit=500)
    begin(runtime, relay, 300)
    assert (relay["today"]["next_at"], relay["warnings"]) == (None, seen(owner, relay)["warnings"])
    after = changed(owner, relay, daily_limit=200)
    assert after["today"] == {
        "daily_limit": 200,
        "begun": 300,
        "warm_up_day": None,
        "next_at": MIDNIGHT,
    }
    told = "It began 300 of 200 today: the next goes at 2026-11-23 00:00 UTC."
    assert after["warnings"] == [*relay["warnings"], told]
    assert seen(owner, relay) == after
    ((sentence, is_over),) = alerts(runtime)
    assert "may begin 200 mails of this day now, and has begun 300" in sentence
    assert not is_over
    (message,) = handed(owner)
    mail = owner.get(f"/messages/{message}").json or {}
    assert mail["next_at"] == MIDNIGHT
    assert "its limit is used up (300 of 200 today)" in mail["next"]
    assert explained(owner)["why"].endswith("its limit is used up (300 of 200 today)")
    clock.turn(days=1)
    looking.look(runtime.database, runtime.now())
    assert [over for _, over in alerts(runtime)] == [True]
    assert seen(owner, relay)["warnings"] == relay["warnings"]


def test_a_campaign_says_for_what_it_waits(
    owner: Client, runtime: Runtime, database: Database
) -> None:
    relay = made(owner, daily_limit=500, host="127.0.0.1")
    begin(runtime, relay, 300)
    for number in range(2):
        desk.contact(owner, f"p{number}@example.com")
    campaign = desk.draft(owner)["id"]
    waits = lambda: (owner.get(f"/campaigns/{campaign}/balance").json or {})["waits"]  # noqa: E731
    assert waits() is None
    assert owner.post(f"/campaigns/{campaign}/launch").status_code == 202
    assert waits() is None
    changed(owner, relay, daily_limit=200)
    assert waits()["until"] == MIDNIGHT
    assert waits()["why"].endswith("its limit is used up (300 of 200 today)")
    changed(owner, relay, daily_limit=310)
    assert waits() is None
    handed(owner)
    assert "(300 of 279 today, the rest is kept for messages)" in waits()["why"]
    changed(owner, relay, daily_limit=None)
    desk.send_everything(database, runtime)
    changed(owner, relay, daily_limit=1)
    assert waits() is None, "nothing of it is left"


@pytest.mark.parametrize(
    ("begun", "change", "told"),
    [
        (300, {"daily_limit": 400}, 0),
        (300, {"daily_limit": 300}, 1),
        (300, {"daily_limit": 250, "hourly_limit": 299}, 2),
        (300, {"daily_limit": 250, "rolling_day": True}, 1),
        (500, {"daily_limit": 400}, 1),
        (300, {"daily_limit": None}, 0),
        (300, {"name": "Other"}, 0),
    ],
)
def test_who_is_alarmed(
    owner: Client, runtime: Runtime, begun: int, change: dict[str, Any], told: int
) -> None:
    """Who had used up the day before is told of that already."""
    relay = made(owner, daily_limit=500)
    begin(runtime, relay, begun)
    assert len(alerts(runtime)) == (begun == 500)
    changed(owner, relay, **change)
    assert len(alerts(runtime)) == told
    changed(owner, relay, description="Something else")
    assert len(alerts(runtime)) == told


def test_a_rolling_day_that_was_lowered_says_when_there_is_room_again(
    owner: Client, runtime: Runtime, clock: TurnableClock
) -> None:
    """So many hours have to pass as bring it below the limit, and not only the oldest."""
    relay = made(owner, daily_limit=500, rolling_day=True)
    for _ in range(3):
        begin(runtime, relay, 100)
        clock.turn(hours=1)
    at = changed(owner, relay, daily_limit=150)["today"]["next_at"]
    clock.turn(hours=-3)
    expected = runtime.now().replace(minute=0, second=0) + timedelta(hours=26)
    assert at == expected.isoformat().replace("+00:00", "Z")
