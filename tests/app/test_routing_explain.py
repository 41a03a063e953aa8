"""Which relay would this mail take, and why."""

from typing import Any
from uuid import UUID, uuid4

from app.runtime import Runtime
from app.sending.models import Relay
from tests.app.campaign_desk import draft
from tests.app.conftest import Client
from tests.app.test_campaign_rotation import pool
from tests.app.test_relays import changed, made


def explained(client: Client, **values: Any) -> dict[str, Any]:
    answer = client.post("/routing/explain", values)
    assert answer.status_code == 200, answer.json
    return dict(answer.json or {})


def test_every_way_is_told_in_its_order(owner: Client, member: Client) -> None:
    default = made(owner)
    events = made(owner, name="Events", mail_type="event_triggered")
    hers = made(owner, name="Hers", default_for_users=[str(member.user_id)])
    found = explained(member)
    assert (found["decision"], found["relay_id"]) == ("send", hers["id"])
    assert [(step["by"], step["taken"]) for step in found["steps"]] == [
        ("pin", False),
        ("rotation", False),
        ("rule", False),
        ("mail_type", False),
        ("user", True),
    ]
    assert found["why"] == "it is the default of the sending user"
    assert explained(owner)["relay_id"] == default["id"]
    assert explained(member, mail_type="event_triggered")["relay_id"] == events["id"]
    assert explained(member, relay_id=default["id"])["why"] == "the mail is pinned to it"


def test_a_campaign_is_told_and_may_be_varied(owner: Client) -> None:
    first, second = made(owner), made(owner, name="Two")
    pinned = draft(owner, relay_id=second["id"])
    assert explained(owner, campaign_id=pinned["id"])["relay_id"] == second["id"]
    varied = explained(owner, campaign_id=pinned["id"], relay_id=None)
    assert varied["relay_id"] == first["id"]
    rotating = draft(owner, **pool(second, first))
    found = explained(owner, campaign_id=rotating["id"])
    assert (found["relay_id"], found["steps"][-1]["by"]) == (second["id"], "rotation")


def test_the_chain_says_who_helps_and_who_is_away(owner: Client) -> None:
    first, second = made(owner), made(owner, name="Two")
    made(owner, name="Pure", stream="transactional")
    owner.post(f"/relays/{first['id']}/breaker", {"state": "open"})
    found = explained(owner)
    assert (found["decision"], found["relay_id"], found["primary_id"]) == (
        "wait",
        None,
        first["id"],
    )
    assert "repeated faults" in found["why"]
    assert found["until"] is not None
    owner.patch("/workspace", {"failover_enabled": True})
    found = explained(owner)
    assert (found["decision"], found["relay_id"]) == ("send", second["id"])
    assert [(one["name"], one["free"]) for one in found["chain"]] == [
        ("Main", False),
        ("Two", True),
    ]
    names = [one["name"] for one in explained(owner, stream="transactional")["chain"]]
    assert names == ["Main", "Two", "Pure"]


def test_what_a_person_must_mend(owner: Client, outsider: Client) -> None:
    assert explained(owner)["decision"] == "halt"
    relay = made(owner)
    changed(owner, relay, enabled=False)
    assert explained(owner)["decision"] == "halt"
    foreign = draft(outsider)
    for unknown in (foreign["id"], str(uuid4())):
        assert owner.post("/routing/explain", {"campaign_id": unknown}).status_code == 404


def test_asking_changes_nothing(owner: Client, viewer: Client, runtime: Runtime) -> None:
    relay = made(owner, daily_limit=1)
    for _ in range(3):
        assert explained(viewer)["decision"] == "send"
    with runtime.database.reading() as session:
        assert session.get_one(Relay, UUID(relay["id"])).day_count == 0


def test_text_copies_and_headers_can_be_said(owner: Client) -> None:
    default, other = made(owner), made(owner, name="Two")
    for field, value in (("message", "buy"), ("cc", "a@b.example"), ("header", "X-Kind: a")):
        group = [{"field": field, "operator": "contains", "value": value}]
        body = {"name": field, "relay_id": other["id"], "groups": [group]}
        assert owner.post("/routing/rules", body).status_code == 201
    campaign = draft(owner, html="<p>Please buy</p>")
    assert explained(owner)["relay_id"] == default["id"]
    assert explained(owner, campaign_id=campaign["id"])["relay_id"] == other["id"]
    assert explained(owner, campaign_id=campaign["id"], message="x")["relay_id"] == default["id"]
    assert explained(owner, cc=["A@b.example"])["relay_id"] == other["id"]
    assert explained(owner, bcc=["A@b.example"])["relay_id"] == default["id"]
    assert explained(owner, headers=["X-Kind: ab"])["relay_id"] == other["id"]
