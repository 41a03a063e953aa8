"""Guards and canaries over the API."""

from typing import Any

import pytest
from sqlalchemy import select, update

from app.campaigns import lifecycle
from app.runtime import Runtime
from app.sending.guards import canaries, guarding
from app.sending.models import Delivery, Dispatch
from tests.app.campaign_desk import balance, draft, ready, seen
from tests.app.conftest import Client, on_sqlite
from tests.conftest import TurnableClock

CANARY = {"share": 0.25, "wait_minutes": 10}


def settings(client: Client, **values: Any) -> dict[str, Any]:
    answer = client.patch("/guards/settings", values)
    assert answer.status_code == 200, answer.json
    return dict(answer.json or {})


def canary(client: Client, campaign: str) -> dict[str, Any]:
    answer = client.get(f"/campaigns/{campaign}/canary")
    assert answer.status_code == 200, answer.json
    return dict(answer.json or {})


def answered(runtime: Runtime, **states: int) -> None:
    """As if a sender had tried so many of the deliveries that are due first."""
    with runtime.database.transaction() as session:
        order = select(Delivery.id).where(Delivery.state == "queued")
        for state, number in states.items():
            some = session.scalars(order.order_by(Delivery.due_at).limit(number)).all()
            session.execute(
                update(Delivery)
                .where(Delivery.id.in_(some))
                .values(state=state, finished_at=runtime.now())
            )


def test_the_limits(owner: Client, outsider: Client, member: Client) -> None:
    usual = owner.get("/guards/settings").json or {}
    assert usual == {
        "sample": 200,
        "complaint_warn": 0.001,
        "complaint_pause": 0.003,
        "bounce_warn": 0.02,
        "bounce_pause": 0.05,
        "deferral_warn": 0.2,
        "deferral_pause": None,
        "pauses": ["campaign", "relay"],
    }
    changed = settings(owner, sample=10, deferral_pause=0.5, pauses=["stream"])
    assert changed == usual | {"sample": 10, "deferral_pause": 0.5, "pauses": ["stream"]}
    assert settings(owner, bounce_pause=None)["bounce_pause"] is None
    assert outsider.get("/guards/settings").json == usual
    assert member.patch("/guards/settings", {"sample": 1}).status_code == 403
    wrong: list[dict[str, Any]] = [
        {"bounce_warn": 0.0},
        {"bounce_warn": 1.1},
        {"bounce_warn": "0.1"},
        {"complaint_warn": 0.5},
        {"pauses": ["everything"]},
        {"sample": 0},
    ]
    for values in wrong:
        assert owner.patch("/guards/settings", values).status_code == 422, values


def test_a_stopped_campaign_says_why(owner: Client, runtime: Runtime, clock: TurnableClock) -> None:
    settings(owner, sample=4)
    campaign = ready(owner, people=6)
    owner.post(f"/campaigns/{campaign}/launch", {})
    answered(runtime, sent=3, bounced=1)
    guarding.watch(runtime)
    lifecycle.finish_done(runtime)
    found = seen(owner, campaign)
    why = "1 of 4 mails (25 %) were returned for good; the limit is 5 %"
    assert (found["status"], found["status_reason"]) == ("paused", f"guard: {why}")
    assert (owner.get("/guards").json or {})["findings"] == [
        {
            "kind": "campaign",
            "id": campaign,
            "name": "News",
            "level": "pause",
            "why": why,
            "since": "2026-11-22T12:00:00Z",
        }
    ]
    (alert,) = (owner.get("/alerts").json or {})["items"]
    assert alert["about"] == campaign
    assert alert["sentence"] == f"A guard has stopped the campaign 'News': {why}."
    told = owner.post(f"/alerts/{alert['id']}/acknowledge").json or {}
    assert told["about"] == campaign
    assert owner.post(f"/campaigns/{campaign}/resume").status_code == 202
    guarding.watch(runtime)
    lifecycle.finish_done(runtime)
    assert seen(owner, campaign)["status"] == "sending"
    assert (owner.get("/guards").json or {})["findings"] == []
    owner.post(f"/campaigns/{campaign}/cancel")
    guarding.watch(runtime)


def test_a_canary_from_draft_to_everybody(
    owner: Client, runtime: Runtime, clock: TurnableClock
) -> None:
    campaign = ready(owner, people=8, canary=CANARY)
    assert seen(owner, campaign)["canary"] == CANARY
    assert canary(owner, campaign)["why"] == "the campaign was not launched"
    owner.post(f"/campaigns/{campaign}/launch", {})
    found = canary(owner, campaign)
    assert (found["state"], found["size"], found["seen"]["waiting"]) == ("testing", 2, 2)
    answered(runtime, sent=2)
    found = canary(owner, campaign)
    assert (found["goes_on_at"], found["seen"]["figures"]["accepted"]) == (
        "2026-11-22T12:10:00Z",
        2,
    )
    clock.turn(minutes=10)
    canaries.watch(runtime)
    found = canary(owner, campaign)
    assert (found["state"], found["seen"]) == ("passed", None)
    assert owner.post(f"/campaigns/{campaign}/canary/go").status_code == 409
    assert balance(owner, campaign) == (8, {"sent": 2, "queued": 6})


def test_go_on_now(owner: Client, viewer: Client, outsider: Client, runtime: Runtime) -> None:
    campaign = ready(owner, people=8, canary={"count": 3})
    go = f"/campaigns/{campaign}/canary/go"
    assert owner.post(go).status_code == 409
    owner.post(f"/campaigns/{campaign}/launch", {})
    assert viewer.post(go).status_code == 403
    assert outsider.post(go).status_code == 404
    passed = owner.post(go).json or {}
    assert (passed["state"], passed["why"]) == ("passed", "a person let it go on")
    with runtime.database.reading() as session:
        assert set(session.scalars(select(Delivery.due_at))) == {runtime.now()}


def test_a_halted_canary_pauses_its_campaign(owner: Client, runtime: Runtime) -> None:
    campaign = ready(owner, people=8, canary=CANARY | {"limits": {"bounce": 0.5}})
    owner.post(f"/campaigns/{campaign}/launch", {})
    answered(runtime, sent=1, bounced=1)
    canaries.watch(runtime)
    lifecycle.finish_done(runtime)
    found = seen(owner, campaign)
    assert found["status"] == "paused"
    assert found["status_reason"].startswith("canary: 1 of 2 mails (50 %) were returned")
    assert canary(owner, campaign)["state"] == "halted"
    (alert,) = (owner.get("/alerts").json or {})["items"]
    assert alert["sentence"].startswith("The campaign 'News' was halted after its canaries: 1 of 2")
    assert owner.post(f"/campaigns/{campaign}/resume").status_code == 202
    canaries.watch(runtime)
    with runtime.database.reading() as session:
        assert session.scalars(select(Dispatch.hold)).one() == ""


@on_sqlite
@pytest.mark.parametrize(
    "values",
    [
        {"canary": {"share": 0.1, "count": 5}},
        {"canary": {"wait_minutes": 5}},
        {"canary": {"share": 0}},
        {"canary": {"share": 1.5}},
        {"canary": {"count": 0}},
        {"canary": {"share": 0.1, "limits": {"clicks": 0.1}}},
        {
            "canary": {"share": 0.1},
            "sending_window": {"from": "09:00", "to": "17:00", "zone": "recipient"},
        },
    ],
)
def test_what_cannot_be_is_refused(owner: Client, values: dict[str, Any]) -> None:
    assert owner.post("/campaigns", {"name": "x", **values}).status_code == 422


def test_a_copy_has_the_same_canary(owner: Client) -> None:
    made = draft(owner, canary=CANARY)
    copy = owner.post(f"/campaigns/{made['id']}/duplicate", {}).json or {}
    assert copy["canary"] == CANARY
    path = f"/campaigns/{made['id']}"
    assert (owner.patch(path, {"canary": None}).json or {})["canary"] is None
