"""Who a campaign goes to."""

from typing import Any

import pytest

from app.contacts.models import Suppression
from tests.app.campaign_desk import contact, draft, relay, running
from tests.app.conftest import Client


@pytest.fixture
def people(owner: Client, outsider: Client) -> dict[str, str]:
    """Four people, lists a and b, tag t; and somebody who said no, and strangers."""
    contact(owner, "a@example.com", lists=["a"])
    contact(owner, "ab@example.com", lists=["a", "b"])
    contact(owner, "t@example.com", tags=["t"])
    contact(owner, "bt@example.com", lists=["b"], tags=["t"])
    contact(owner, "no@example.com", lists=["a"], status="unsubscribed")
    contact(owner, "later@example.com", lists=["a"], status="pending")
    contact(outsider, "eve@example.com", lists=["a"], tags=["t"])
    groups = {}
    for kind in ("lists", "tags"):
        for group in (owner.get(f"/{kind}").json or {})["items"]:
            groups[group["name"]] = group["id"]
    return groups


def reached(owner: Client, audience: dict[str, Any]) -> set[str]:
    """The local parts of everybody whom a launch queues; the count says the same before."""
    campaign = draft(owner, audience=audience)["id"]
    count = (owner.get(f"/campaigns/{campaign}/audience").json or {})["count"]
    answer = owner.post(f"/campaigns/{campaign}/launch")
    if answer.status_code == 422:
        assert (answer.json or {})["errors"][0]["where"] == "audience"
        assert count == 0
        return set()
    found = owner.get(f"/campaigns/{campaign}/deliveries").json or {}
    assert count == found["total"]
    return {one["email"].partition("@")[0] for one in found["items"]}


@pytest.mark.parametrize(
    ("audience", "expected"),
    [
        ({"all": True}, "a ab t bt"),
        ({"all": True, "exclude": {"tags": ["t"]}}, "a ab"),
        ({"include": {"lists": ["a"]}}, "a ab"),
        ({"include": {"lists": ["a", "b"]}}, "a ab bt"),
        ({"include": {"tags": ["t"]}}, "t bt"),
        ({"include": {"lists": ["a"], "tags": ["t"]}}, "a ab t bt"),
        ({"include": {"lists": ["a"], "tags": ["t"]}, "exclude": {"lists": ["b"]}}, "a t"),
        ({"include": {"lists": ["a"]}, "exclude": {"lists": ["a"]}}, ""),
        ({"include": {"lists": ["a"]}, "exclude": {"lists": [], "tags": []}}, "a ab"),
    ],
)
def test_who_is_reached(
    owner: Client, people: dict[str, str], audience: dict[str, Any], expected: str
) -> None:
    relay(owner)
    with_ids = {
        side: {kind: [people[name] for name in names] for kind, names in chosen.items()}
        if isinstance(chosen, dict)
        else chosen
        for side, chosen in audience.items()
    }
    assert reached(owner, with_ids) == set(expected.split())
    assert reached(owner, audience) == set(expected.split())


def test_a_suppressed_address_is_not_reached_whatever_its_status(owner: Client) -> None:
    relay(owner)
    contact(owner, "a@example.com")
    contact(owner, "b@example.com")
    with running(owner).database.transaction() as session:
        session.add(
            Suppression(
                workspace_id=owner.workspace_id,
                address="a@example.com",
                reason="manual",
                created_at=running(owner).now(),
            )
        )
    assert reached(owner, {"all": True}) == {"b"}


def test_somebody_elses_suppression_stops_nobody_here(owner: Client, outsider: Client) -> None:
    relay(owner)
    contact(owner, "a@example.com")
    contact(outsider, "a@example.com", status="unsubscribed")
    assert reached(owner, {"all": True}) == {"a"}


@pytest.mark.parametrize(
    ("audience", "where"),
    [
        ({"all": False}, "audience"),
        ({"all": True, "include": {"lists": ["a"]}}, "audience"),
        ({"include": {}}, "audience"),
        ({"include": {"lists": [], "tags": []}}, "audience"),
        ({"exclude": {"lists": ["a"]}}, "audience"),
        ({"include": {"lists": ["a", "nowhere"]}}, "audience.include.lists.1"),
        ({"include": {"tags": ["a"]}}, "audience.include.tags.0"),
        ({"all": True, "exclude": {"tags": ["nowhere"]}}, "audience.exclude.tags.0"),
    ],
)
def test_an_audience_must_make_sense(
    owner: Client, people: dict[str, str], audience: dict[str, Any], where: str
) -> None:
    answer = owner.post("/campaigns", {"name": "x", "audience": audience})
    assert answer.status_code == 422
    assert (answer.json or {})["errors"][0]["where"] == where


def test_lists_of_another_workspace_are_unknown(
    owner: Client, outsider: Client, people: dict[str, str]
) -> None:
    theirs = (outsider.get("/lists").json or {})["items"][0]["id"]
    for side in ("include", "exclude"):
        audience = {"include": {"lists": ["a"]}, side: {"lists": [theirs]}}
        assert owner.post("/campaigns", {"name": "x", "audience": audience}).status_code == 422


def test_a_list_that_is_gone_stops_the_launch(owner: Client, people: dict[str, str]) -> None:
    """Who was to be left out is not known any more, so nobody is written to."""
    relay(owner)
    made = draft(owner, audience={"all": True, "exclude": {"lists": ["b"]}})["id"]
    assert owner.delete(f"/lists/{people['b']}").status_code == 204
    answer = owner.post(f"/campaigns/{made}/launch")
    assert answer.status_code == 422
    assert (answer.json or {})["errors"][0]["where"] == "audience.exclude.lists.0"
