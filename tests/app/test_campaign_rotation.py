"""A campaign over several relays, over the API."""

from typing import Any
from uuid import UUID

import pytest

from app.runtime import Runtime
from app.sending.models import Delivery, Dispatch
from tests.app.campaign_desk import contact, draft
from tests.app.conftest import Client
from tests.app.test_relay_duties import refused
from tests.app.test_relays import changed, made


def pool(*relays: dict[str, Any], weight: int = 1) -> dict[str, Any]:
    members = [{"relay_id": one["id"], "weight": weight} for one in relays]
    return {"send_strategy": "rotate", "pool": members}


def test_a_campaign_rotates_and_is_pinned_again(owner: Client) -> None:
    first, second = made(owner), made(owner, name="Two")
    campaign = draft(owner)
    assert (campaign["send_strategy"], campaign["pool"]) == ("pinned", [])
    path = f"/campaigns/{campaign['id']}"
    wanted = pool(first, second, weight=3)
    answer = owner.patch(path, wanted).json or {}
    assert {name: answer[name] for name in wanted} == wanted
    copied = owner.post(f"{path}/duplicate", {}).json or {}
    assert copied["pool"] == wanted["pool"]
    assert refused(owner.patch(path, {"relay_id": first["id"]})) == "relay_id"
    pinned = owner.patch(path, {"relay_id": first["id"], "send_strategy": "pinned"}).json or {}
    assert (pinned["pool"], pinned["from_email"]) == ([], first["from_email"])
    assert refused(owner.patch(path, {"pool": wanted["pool"]})) == "pool"


def test_a_pool_that_cannot_be_is_refused(owner: Client, outsider: Client) -> None:
    first, second = made(owner), made(owner, name="Two")
    off = made(owner, name="Off", enabled=False)
    excluded = made(owner, name="Excluded", exclude_from_failover=True)
    foreign = made(outsider)
    path = f"/campaigns/{draft(owner)['id']}"
    pure = made(owner, name="Pure", stream="transactional")
    for other in (first, off, excluded, foreign, pure):
        assert refused(owner.patch(path, pool(first, other))) == "pool"
    for members in ((), (first,)):
        assert refused(owner.patch(path, pool(*members))) == "pool"
    assert refused(owner.patch(path, pool(first, second, weight=101))).startswith("pool")
    changed(owner, first, exclude_from_failover=True)
    assert owner.patch(path, pool(first, second)).status_code == 200


def shares(runtime: Runtime) -> dict[UUID | None, int]:
    with runtime.database.reading() as session:
        found = [one.primary_id for one in session.query(Delivery).all()]
    return {one: found.count(one) for one in found}


@pytest.fixture
def launched(owner: Client) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Two relays and a campaign of ten that rotates over them, just launched."""
    first, second = made(owner), made(owner, name="Two")
    for number in range(10):
        contact(owner, f"p{number}@example.com")
    campaign = draft(owner, **pool(first, second))
    answer = owner.post(f"/campaigns/{campaign['id']}/launch", {})
    assert answer.status_code in (200, 202), answer.json
    return first, second, str(campaign["id"])


def test_turns_are_written_at_the_launch(
    owner: Client, runtime: Runtime, launched: tuple[dict[str, Any], dict[str, Any], str]
) -> None:
    first, second, _ = launched
    assert shares(runtime) == {UUID(first["id"]): 5, UUID(second["id"]): 5}


def test_a_paused_campaign_gets_another_pool_or_a_pin(
    owner: Client, runtime: Runtime, launched: tuple[dict[str, Any], dict[str, Any], str]
) -> None:
    first, second, campaign = launched
    third = made(owner, name="Three")
    path = f"/campaigns/{campaign}"
    assert owner.patch(path, pool(first, third)).status_code == 409
    owner.post(f"{path}/pause", {})
    assert owner.patch(path, pool(second, third)).status_code == 200
    assert shares(runtime) == {UUID(second["id"]): 5, UUID(third["id"]): 5}
    pin = {"send_strategy": "pinned", "relay_id": third["id"]}
    assert owner.patch(path, pin).status_code == 200
    assert shares(runtime) == {None: 10}


def test_a_relay_of_a_pool_leaves_only_to_an_heir(
    owner: Client, runtime: Runtime, launched: tuple[dict[str, Any], dict[str, Any], str]
) -> None:
    first, second, campaign = launched
    third = made(owner, name="Three")
    excluded = made(owner, name="Excluded", exclude_from_failover=True)
    path = f"/relays/{second['id']}"
    assert owner.delete(path).status_code == 409
    assert refused(owner.delete(f"{path}?reassign_to={excluded['id']}")) == "pool"
    assert owner.delete(f"{path}?reassign_to={third['id']}").status_code == 204
    assert shares(runtime) == {UUID(first["id"]): 5, UUID(third["id"]): 5}
    members = [one["relay_id"] for one in (owner.get(f"/campaigns/{campaign}").json or {})["pool"]]
    assert members == [first["id"], third["id"]]
    with runtime.database.reading() as session:
        assert session.query(Dispatch).one().pool == members
