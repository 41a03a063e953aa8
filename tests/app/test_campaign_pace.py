"""Spread and sending window of a campaign over the API."""

from typing import Any

import pytest
from sqlalchemy import select

from app.campaigns import lifecycle
from app.runtime import Runtime
from app.sending.models import Delivery, Dispatch
from tests.app.campaign_desk import draft, ready, seen
from tests.app.conftest import Client, on_sqlite
from tests.conftest import TurnableClock

OFFICE = {"days": ["mon", "fri"], "from": "09:00", "to": "17:00", "zone": "workspace"}


def due(runtime: Runtime) -> list[str]:
    with runtime.database.reading() as session:
        rows = session.scalars(select(Delivery.due_at).order_by(Delivery.id))
        return [one.isoformat() for one in rows]


def test_a_draft_says_its_pace(owner: Client) -> None:
    made = draft(owner, spread={"minutes": 90}, sending_window=OFFICE)
    assert (made["spread"], made["sending_window"]) == ({"minutes": 90}, OFFICE)
    copy = owner.post(f"/campaigns/{made['id']}/duplicate", {}).json or {}
    assert (copy["spread"], copy["sending_window"]) == ({"minutes": 90}, OFFICE)
    path = f"/campaigns/{made['id']}"
    changed = owner.patch(path, {"spread": {"max_seconds": 60}, "sending_window": None}).json or {}
    assert changed["spread"] == {"min_seconds": 0, "max_seconds": 60}
    assert changed["sending_window"] is None
    every_day = owner.patch(path, {"sending_window": {"from": "08:00", "to": "24:00"}}).json or {}
    assert len(every_day["sending_window"]["days"]) == 7
    assert draft(owner)["spread"] is None


@on_sqlite
@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"spread": {"minutes": 5, "max_seconds": 5}}, "spread"),
        ({"spread": {"min_seconds": 5, "max_seconds": 5}}, "spread"),
        ({"spread": {"minutes": 0}}, "spread.minutes"),
        ({"spread": {"minutes": 10_081}}, "spread.minutes"),
        ({"sending_window": OFFICE | {"to": "09:00"}}, "sending_window"),
        ({"sending_window": OFFICE | {"from": "9:00"}}, "sending_window.from"),
        ({"sending_window": OFFICE | {"from": "24:00"}}, "sending_window.from"),
        ({"sending_window": OFFICE | {"to": "24:01"}}, "sending_window.to"),
        ({"sending_window": OFFICE | {"days": []}}, "sending_window.days"),
        ({"sending_window": OFFICE | {"days": ["someday"]}}, "sending_window.days.0"),
        ({"sending_window": OFFICE | {"zone": "mine"}}, "sending_window.zone"),
    ],
)
def test_what_cannot_be_is_refused(owner: Client, values: dict[str, Any], where: str) -> None:
    answer = owner.post("/campaigns", {"name": "x", **values})
    assert answer.status_code == 422, answer.json
    assert where in {one["where"] for one in (answer.json or {})["errors"]}, answer.json


def test_a_launch_makes_the_due_times(owner: Client, runtime: Runtime) -> None:
    owner.patch("/workspace", {"timezone": "Europe/Berlin"})
    campaign = ready(owner, people=3, spread={"minutes": 960}, sending_window=OFFICE)
    assert owner.post(f"/campaigns/{campaign}/launch", {}).status_code == 202
    assert due(runtime) == [
        "2026-11-23T08:00:00+00:00",
        "2026-11-23T13:20:00+00:00",
        "2026-11-27T10:40:00+00:00",
    ]
    with runtime.database.reading() as session:
        assert session.scalars(select(Dispatch.sending_window)).one() == OFFICE
    found = owner.get(f"/campaigns/{campaign}/trace?email=person0@example.com").json or {}
    assert found["next"] == {
        "what": "It is due then: the campaign has a spread and a sending window.",
        "at": "2026-11-23T08:00:00Z",
    }


def test_the_trace_tells_of_a_closed_window(
    owner: Client, runtime: Runtime, clock: TurnableClock
) -> None:
    campaign = ready(owner, sending_window=OFFICE)
    owner.post(f"/campaigns/{campaign}/launch", {})
    clock.turn(days=2)
    found = owner.get(f"/campaigns/{campaign}/trace?email=person0@example.com").json or {}
    opens = {"what": "The sending window opens then.", "at": "2026-11-27T09:00:00Z"}
    assert found["next"] == opens


def test_a_spread_that_does_not_fit_is_told_at_the_launch(
    owner: Client, runtime: Runtime, clock: TurnableClock
) -> None:
    narrow = {"days": ["mon"], "from": "09:00", "to": "09:05"}
    campaign = ready(owner, spread={"minutes": 6000}, sending_window=narrow)
    refused = owner.post(f"/campaigns/{campaign}/launch", {})
    assert refused.status_code == 422
    assert (refused.json or {})["errors"][0]["where"] == "spread"
    assert seen(owner, campaign)["status"] == "draft"
    lifecycle.launch_due(runtime)
    assert due(runtime) == []
