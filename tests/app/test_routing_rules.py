"""Routing rules over the API."""

from typing import Any

import pytest

from tests.app.campaign_desk import contact, draft
from tests.app.conftest import Client
from tests.app.test_relay_duties import refused
from tests.app.test_relays import changed, made, seen
from tests.app.test_routing_explain import explained

GMAIL = [[{"field": "recipient_domain", "operator": "is", "value": "gmail.example"}]]


def ruled(owner: Client, relay: dict[str, Any], **values: Any) -> dict[str, Any]:
    body = {"name": "Rule", "relay_id": relay["id"], "groups": GMAIL, **values}
    answer = owner.post("/routing/rules", body)
    assert answer.status_code == 201, answer.json
    return dict(answer.json or {})


def test_rules_are_kept_in_their_order(owner: Client, outsider: Client) -> None:
    relay = made(owner)
    first, second = ruled(owner, relay), ruled(owner, relay, name="Second")
    assert (first["position"], second["position"]) == (1, 2)
    assert owner.get(f"/routing/rules/{first['id']}").json == first
    owner.patch(f"/routing/rules/{first['id']}", {"position": None})
    listed = owner.get("/routing/rules").json or {}
    assert [one["name"] for one in listed["items"]] == ["Second", "Rule"]
    assert outsider.get(f"/routing/rules/{first['id']}").status_code == 404
    assert owner.delete(f"/routing/rules/{first['id']}").status_code == 204
    assert (owner.get("/routing/rules").json or {})["total"] == 1


@pytest.mark.parametrize(
    "groups",
    [
        [],
        [[]],
        [[{"field": "colour", "operator": "is", "value": "red"}]],
        [[{"field": "to", "operator": "like", "value": "red"}]],
        [[{"field": "to", "operator": "is", "value": ""}]],
    ],
)
def test_rules_that_cannot_be_are_refused(owner: Client, groups: Any) -> None:
    relay = made(owner)
    body = {"name": "Rule", "relay_id": relay["id"], "groups": groups}
    assert refused(owner.post("/routing/rules", body)).startswith("groups")


def test_a_rule_leads_to_a_relay_that_may_be_chosen(owner: Client, outsider: Client) -> None:
    first = made(owner)
    excluded = made(owner, name="Two", exclude_from_failover=True)
    body = {"name": "Rule", "groups": GMAIL}
    for relay in (excluded, made(outsider)):
        answer = owner.post("/routing/rules", {**body, "relay_id": relay["id"]})
        assert refused(answer) == "relay_id"
    third = made(owner, name="Three")
    rule = ruled(owner, third)
    answer = owner.patch(f"/relays/{third['id']}", {"exclude_from_failover": True})
    assert refused(answer) == "exclude_from_failover"
    assert owner.delete(f"/relays/{third['id']}").status_code == 409
    assert owner.delete(f"/relays/{third['id']}?reassign_to={first['id']}").status_code == 204
    assert (owner.get(f"/routing/rules/{rule['id']}").json or {})["relay_id"] == first["id"]
    assert seen(owner, excluded)["mail_type"] == "none"


def test_the_dry_run_knows_rules(owner: Client) -> None:
    first, second = made(owner), made(owner, name="Two")
    rule = ruled(owner, second, name="To Gmail")
    assert explained(owner)["relay_id"] == first["id"]
    found = explained(owner, to="x@GMAIL.example")
    assert found["relay_id"] == second["id"]
    assert found["why"] == "the routing rule 'To Gmail' leads there"
    owner.patch(f"/routing/rules/{rule['id']}", {"enabled": False})
    assert explained(owner, to="x@gmail.example")["relay_id"] == first["id"]
    changed(owner, second, enabled=False)


def test_the_dry_run_knows_the_person(owner: Client) -> None:
    made(owner)
    second = made(owner, name="Two")
    for number, (field, value) in enumerate(
        (("tag", "vip"), ("list", "news"), ("subject", "Hi Ann"))
    ):
        groups = [[{"field": field, "operator": "is", "value": value}]]
        ruled(owner, second, name=f"by {field}", groups=groups, position=number)
    contact(owner, "ann@example.com", first_name="Ann", tags=["VIP"])
    contact(owner, "bea@example.com", first_name="Bea", lists=["News"])
    campaign = draft(owner)["id"]

    def why(**values: Any) -> str:
        return str(explained(owner, **values)["why"])

    assert "by tag" in why(to="ann@example.com")
    assert "by list" in why(to="bea@example.com")
    assert "by subject" in why(to="ann@example.com", tags=[], campaign_id=campaign)
    assert "default" in why(to="ann@example.com", tags=[], campaign_id=campaign, subject="Hello")
    assert "by tag" in why(tags=["vip"])
