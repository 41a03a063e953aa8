"""Pausing relays and streams over the API."""

from typing import Any

from app.runtime import Runtime
from app.sending.relays import pausing
from tests.app.campaign_desk import draft
from tests.app.conftest import Client
from tests.app.test_relays import made, seen
from tests.app.test_routing_explain import explained
from tests.conftest import TurnableClock


def streams(client: Client) -> dict[str, Any]:
    found = client.get("/streams").json or {}
    return {one["stream"]: one for one in found["streams"]}


def test_a_stream_rests_and_goes_on(owner: Client, outsider: Client, clock: TurnableClock) -> None:
    assert {one["paused_at"] for one in streams(owner).values()} == {None}
    answer = owner.post("/streams/marketing/pause", {"reason": "bad list"})
    paused = {"stream": "marketing", "paused_at": "2026-11-22T12:00:00Z", "reason": "bad list"}
    assert (answer.status_code, answer.json) == (200, paused)
    clock.turn(minutes=1)
    assert owner.post("/streams/marketing/pause").json == paused, "paused already: nothing changes"
    assert owner.post("/streams/marketing/pause", {"reason": "worse"}).json == paused | {
        "reason": "worse"
    }
    assert list(streams(owner)) == ["transactional", "marketing", "outreach"]
    assert streams(owner)["outreach"]["paused_at"] is None
    assert streams(outsider)["marketing"]["paused_at"] is None
    going = {"stream": "marketing", "paused_at": None, "reason": ""}
    assert owner.post("/streams/marketing/resume").json == going
    assert owner.post("/streams/marketing/resume").json == going


def test_a_relay_rests_and_goes_on(owner: Client, clock: TurnableClock) -> None:
    relay = made(owner)
    assert (relay["paused_at"], relay["paused_reason"]) == (None, "")
    answer = owner.post(f"/relays/{relay['id']}/pause")
    assert answer.status_code == 200
    assert seen(owner, relay)["paused_reason"] == pausing.BY_HAND
    clock.turn(minutes=1)
    again = owner.post(f"/relays/{relay['id']}/pause", {"reason": "moving"}).json or {}
    assert (again["paused_at"], again["paused_reason"]) == ("2026-11-22T12:00:00Z", "moving")
    found = explained(owner)
    assert (found["decision"], found["why"]) == ("wait", "Main: paused: moving")
    assert (found["until"], found["chain"][0]["until"]) == (None, None), "until a person says so"
    resumed = owner.post(f"/relays/{relay['id']}/resume").json or {}
    assert (resumed["paused_at"], resumed["paused_reason"]) == (None, "")
    assert explained(owner)["decision"] == "send"


def test_who_may_and_what_there_is(owner: Client, member: Client, outsider: Client) -> None:
    relay = made(owner)
    for path in (f"/relays/{relay['id']}/pause", "/streams/outreach/pause"):
        assert member.post(path).status_code == 403
    assert outsider.post(f"/relays/{relay['id']}/pause").status_code == 404
    assert outsider.post(f"/relays/{relay['id']}/resume").status_code == 404
    assert owner.post("/streams/nonsense/pause").status_code == 404
    assert owner.post("/streams/nonsense/resume").status_code == 404
    assert owner.post("/streams/outreach/pause", {"why": "x"}).status_code == 422


def test_the_trace_tells_of_a_paused_stream(owner: Client, runtime: Runtime) -> None:
    made(owner)
    owner.post("/contacts", {"email": "her@example.com"})
    campaign = draft(owner)["id"]
    owner.post(f"/campaigns/{campaign}/launch", {})
    owner.post("/streams/marketing/pause", {"reason": "bad list"})
    found = owner.get(f"/campaigns/{campaign}/trace?email=her@example.com").json or {}
    assert found["answer"] == "Not yet: the marketing stream is paused: bad list."
    assert found["next"]["what"] == "It waits until somebody resumes the marketing stream."
