"""A pull for a hint reads what the hint named, and never goes through everybody for it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.contacts.models import Contact
from app.runtime import Runtime
from app.sources.runs import claiming, narrowing, running, sooner
from tests.app.conftest import Client
from tests.app.shop_desk import ORDER, World, connected
from tests.app.test_hints import begun
from tests.conftest import TurnableClock
from tests.connectors.shop import Shop
from tests.connectors.site import Request


def customer(number: int, name: str = "Anna") -> dict[str, Any]:
    at = "2026-11-01T00:00:00"
    billing = {"email": f"c{number}@example.com", "first_name": name}
    row = {"id": number, "email": billing["email"], "first_name": name, "billing": billing}
    return {**row, "date_created_gmt": at, "date_modified_gmt": at, "meta_data": []}


@pytest.fixture
def world(owner: Client, runtime: Runtime) -> Iterator[World]:
    """A shop with 250 customers and an order, pulled once, with webhooks."""
    shop = Shop()
    shop.customers += [customer(number) for number in range(1, 251)]
    shop.orders.append(ORDER)
    with connected(owner, shop) as world:
        owner.post(f"{world.path}/runs", {})
        running.run_due(runtime)
        assert world.runs()[0]["created"] == 251
        yield world


def told(world: World, url: str, kind: str, thing: dict[str, Any]) -> None:
    body, headers = world.shop.delivery(thing, kind)
    assert world.post(url, body, headers) == 200


def pulled(world: World, runtime: Runtime, clock: TurnableClock) -> list[Request]:
    """What the shop is asked when the hints have their pull."""
    clock.turn(seconds=sooner.APART.total_seconds())
    world.shop.asked.clear()
    assert running.run_due(runtime) == 1
    run = world.runs()[0]
    assert (run["trigger"], run["state"]) == ("hint", "succeeded"), run["detail"]
    return [one for one in world.shop.asked if one.route == "wc/v3/customers"]


def test_only_who_was_named_is_asked_for(
    world: World, runtime: Runtime, clock: TurnableClock
) -> None:
    url = begun(world)
    world.shop.customers[6] = customer(7, "Berta")
    world.shop.customers[8] = customer(9, "Clara")
    for number in (7, 9, 7):
        told(world, url, "customer", customer(number))
    (asked,) = pulled(world, runtime, clock)
    assert asked.query["include"] == "7,9"
    run = world.runs()[0]
    assert (run["seen"], run["updated"]) == (3, 2)  # and the newest order, looked at again
    with runtime.database.reading() as session:
        names = select(Contact.first_name).where(Contact.address == "c7@example.com")
        assert session.scalars(names).all() == ["Berta"]


def test_an_order_asks_for_no_customer(
    world: World, runtime: Runtime, clock: TurnableClock
) -> None:
    url = begun(world)
    order = {**ORDER, "id": 2, "billing": {"email": "new@example.com"}}
    world.shop.orders.append(order)
    told(world, url, "order", order)
    assert pulled(world, runtime, clock) == []
    assert world.runs()[0]["created"] == 1


@pytest.mark.parametrize("kind", ["", "Customer 5"])
def test_what_has_no_name_could_be_anybody(
    world: World, runtime: Runtime, clock: TurnableClock, kind: str
) -> None:
    url = begun(world)
    told(world, url, kind, customer(7))
    told(world, url, "customer", customer(8))
    asked = pulled(world, runtime, clock)
    assert len(asked) == 3
    assert all("include" not in one.query for one in asked)


def test_many_names_are_no_names(
    world: World, runtime: Runtime, clock: TurnableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(narrowing, "_MOST", 3)
    url = begun(world)
    for number in range(1, 6):
        told(world, url, "customer", customer(number))
    assert all("include" not in one.query for one in pulled(world, runtime, clock))


def test_a_pull_for_a_hint_puts_no_other_off(
    world: World, runtime: Runtime, clock: TurnableClock
) -> None:
    url = begun(world)
    world.owner.patch(world.path, {"schedule": {"every_minutes": 60}})
    clock.turn(minutes=65)
    while running.run_due(runtime):
        pass  # after a change of its settings everything is gone through
    clock.turn(minutes=30)
    before = (world.owner.get(world.path).json or {})["next_run_at"]
    told(world, url, "customer", customer(7))
    assert len(pulled(world, runtime, clock)) == 1
    assert (world.owner.get(world.path).json or {})["next_run_at"] == before


def test_a_full_pass_that_is_due_is_not_narrowed(
    world: World, runtime: Runtime, clock: TurnableClock
) -> None:
    url = begun(world)
    clock.turn(days=1)
    told(world, url, "customer", customer(7))
    assert len(pulled(world, runtime, clock)) == 3


def test_a_sweep_that_was_left_is_gone_on_with(
    world: World, runtime: Runtime, clock: TurnableClock
) -> None:
    url = begun(world)
    world.owner.post(f"{world.path}/runs", {})
    running.run_due(runtime, stop=lambda: world.runs()[0]["pages"] > 0)
    world.owner.post(f"/runs/{world.runs()[0]['id']}/cancel")
    told(world, url, "customer", customer(7))
    asked = pulled(world, runtime, clock)
    assert [one.query["page"] for one in asked] == ["2", "3"]


def test_it_is_resumed_as_what_it_was(world: World, runtime: Runtime, clock: TurnableClock) -> None:
    url = begun(world)
    told(world, url, "customer", customer(7))
    clock.turn(minutes=1)
    world.shop.asked.clear()
    for stops in (lambda: world.runs()[0]["pages"] > 0, lambda: False):
        assert running.run_due(runtime, stop=stops) == 1
        told(world, url, "customer", customer(8))
    asked = [one.query.get("include") for one in world.shop.asked if "customers" in one.path]
    assert asked == ["7"]
    assert (world.runs()[0]["state"], world.runs()[0]["seen"]) == ("succeeded", 2)
    (asked_later,) = pulled(world, runtime, clock)
    assert asked_later.query["include"] == "8"


def test_after_a_failed_pull_everything_is_looked_at(
    world: World, runtime: Runtime, clock: TurnableClock
) -> None:
    """What the failed one was for is not known any more."""
    url = begun(world)
    told(world, url, "customer", customer(7))
    clock.turn(minutes=1)
    world.shop.is_down = True
    running.run_due(runtime)
    world.owner.post(f"/runs/{world.runs()[0]['id']}/cancel")
    world.shop.is_down = False
    clock.turn(hours=1)
    told(world, url, "customer", customer(8))
    assert len(pulled(world, runtime, clock)) == 3


def test_what_is_told_while_a_dead_process_s_run_waits_is_not_lost(
    world: World, runtime: Runtime, clock: TurnableClock
) -> None:
    url = begun(world)
    told(world, url, "customer", customer(7))
    clock.turn(minutes=1)
    assert running.run_due(runtime, stop=lambda: True) == 0
    running.begin_due(runtime)
    with runtime.database.transaction() as session:
        run_id = UUID(world.runs()[0]["id"])
        assert claiming.claim(session, run_id, uuid4(), clock())  # and then it dies
    told(world, url, "customer", customer(8))
    clock.turn(minutes=10)
    world.shop.asked.clear()
    while running.run_due(runtime):
        clock.turn(minutes=2)
    asked = [one.query.get("include") for one in world.shop.asked if "customers" in one.path]
    assert asked == ["7", "8"]
