"""Warm-up plans over the API."""

from typing import Any

import pytest

from tests.app.conftest import Client
from tests.app.test_relay_duties import refused
from tests.app.test_relays import changed, made, seen
from tests.conftest import TurnableClock

PLAN: dict[str, Any] = {"start": "2026-11-22", "target": 1000}


def test_a_plan_is_shown_with_its_day(owner: Client, clock: TurnableClock) -> None:
    plain = made(owner, daily_limit=70)
    assert plain["warm_up"] is None
    assert plain["today"] == {"daily_limit": 70, "begun": 0, "warm_up_day": None, "next_at": None}
    relay = changed(owner, plain, warm_up=PLAN)
    assert relay["warm_up"] == {**PLAN, "first_day": 50, "growth": 2.0}
    assert relay["today"] == {"daily_limit": 50, "begun": 0, "warm_up_day": 1, "next_at": None}
    clock.turn(days=1)
    assert seen(owner, plain)["today"] == {
        "daily_limit": 70,
        "begun": 0,
        "warm_up_day": 2,
        "next_at": None,
    }
    clock.turn(days=30)
    assert seen(owner, plain)["today"]["warm_up_day"] is None
    assert changed(owner, plain, warm_up=None)["warm_up"] is None
    assert (owner.get("/relays").json or {})["items"][0]["today"]["daily_limit"] == 70


@pytest.mark.parametrize(
    "change",
    [
        {"target": 50},
        {"target": 1000, "growth": 1},
        {"target": 1000, "first_day": 0},
        {"target": 1000, "start": "tomorrow"},
    ],
)
def test_a_plan_that_cannot_be_is_refused(owner: Client, change: dict[str, Any]) -> None:
    relay = made(owner)
    answer = owner.patch(f"/relays/{relay['id']}", {"warm_up": PLAN | change})
    assert refused(answer).startswith("warm_up")
    assert seen(owner, relay)["warm_up"] is None
