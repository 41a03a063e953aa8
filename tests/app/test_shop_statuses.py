"""A shop's own statuses of orders, also those of its plugins, can put people on lists."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from app.contacts.models import Contact, ContactList, MailingList
from app.runtime import Runtime
from app.sources.runs import running
from tests.app.conftest import Client
from tests.app.shop_desk import ORDER, World, connected
from tests.conftest import TurnableClock
from tests.connectors.shop import Shop
from tests.connectors.site import Request, Response, as_json

TOLD = [
    {"slug": "completed", "name": "Abgeschlossen", "total": 7},
    {"slug": "checkout-draft", "name": "Draft", "total": 0},
    {"slug": "shipped", "name": "Shipped &amp; gone", "total": 2},
    {"slug": "wc-ready-to-go", "name": "", "total": 1},
    {"slug": "No Slug!", "name": "x", "total": 1},
    "nonsense",
]


class Told(Shop):
    """A shop that tells its statuses; ``totals`` may be replaced."""

    totals: Response = as_json(TOLD)

    def answer(self, request: Request) -> Response:
        if request.route == "wc/v3/reports/orders/totals":
            self.asked.append(request)
            return self.totals
        return super().answer(request)


@pytest.fixture
def world(owner: Client) -> Iterator[World]:
    with connected(owner, Told()) as world:
        yield world


def pulled(world: World, runtime: Runtime, **more: Any) -> dict[str, Any]:
    world.owner.post(f"{world.path}/runs", more)
    running.run_due(runtime)
    run = world.runs()[0]
    assert run["state"] == "succeeded", run["detail"]
    return run


def offered(world: World) -> dict[str, Any]:
    """The options for lists, besides the usual ones."""
    options = (world.owner.get(world.path).json or {})["options"]
    usual = {"completed", "processing", "on_hold", "pending", "refunded", "cancelled", "failed"}
    known = {f"list_{status}" for status in usual}
    assert known <= options.keys()
    return {key: options[key] for key in options if key.startswith("list_") and key not in known}


def lists(runtime: Runtime) -> dict[str, str]:
    with runtime.database.reading() as session:
        query = select(Contact.address, MailingList.name)
        query = query.join(ContactList, ContactList.contact_id == Contact.id)
        rows = session.execute(query.join(MailingList, MailingList.id == ContactList.list_id))
        return {row.address: row.name for row in rows}


def test_they_are_offered_and_put_people_on_lists(
    world: World, runtime: Runtime, clock: TurnableClock
) -> None:
    world.shop.orders += [
        {**ORDER, "id": 1, "status": "shipped"},
        {**ORDER, "id": 2, "status": "wc-ready-to-go", "billing": {"email": "b@example.com"}},
    ]
    assert offered(world) == {}
    refused = world.owner.patch(world.path, {"options": {"list_shipped": "Gone"}})
    assert refused.status_code == 422
    pulled(world, runtime)
    assert offered(world) == {"list_shipped": "", "list_ready_to_go": ""}
    clock.turn(minutes=1)
    chosen = {"list_shipped": "Gone", "list_ready_to_go": "Waiting"}
    assert world.owner.patch(world.path, {"options": chosen}).status_code == 200
    pulled(world, runtime)
    assert lists(runtime) == {"guest@example.com": "Gone", "b@example.com": "Waiting"}


def test_they_are_asked_for_in_full_passes_only(
    world: World, runtime: Runtime, clock: TurnableClock
) -> None:
    world.shop.orders.append(ORDER)
    for more in ({}, {}, {"full": True}):
        pulled(world, runtime, **more)
        clock.turn(minutes=5)
    asked = [one for one in world.shop.asked if "totals" in one.route]
    assert len(asked) == 2


@pytest.mark.parametrize(
    "totals",
    [
        as_json({"code": "woocommerce_rest_cannot_view", "message": "Sorry"}, 403),
        as_json({"code": "rest_no_route", "message": "No route"}, 404),
        as_json({"statuses": []}),
    ],
    ids=["forbidden", "absent", "odd"],
)
def test_a_shop_that_does_not_tell_is_read_all_the_same(
    world: World, runtime: Runtime, totals: Response
) -> None:
    world.shop.totals = totals  # type: ignore[attr-defined]
    world.shop.orders.append(ORDER)
    assert pulled(world, runtime)["created"] == 1
    assert offered(world) == {}


def test_what_was_chosen_stays_though_the_plugin_is_gone(
    world: World, runtime: Runtime, clock: TurnableClock
) -> None:
    pulled(world, runtime)
    clock.turn(minutes=1)
    world.owner.patch(world.path, {"options": {"list_shipped": "Gone"}})
    world.shop.totals = as_json([*TOLD[:1], {"slug": "new", "name": "New"}])  # type: ignore[attr-defined]
    pulled(world, runtime)
    assert offered(world) == {"list_shipped": "Gone", "list_new": ""}


def test_a_dry_run_offers_them_before_anybody_is_on_a_list(world: World, runtime: Runtime) -> None:
    pulled(world, runtime, dry=True)
    assert offered(world) == {"list_ready_to_go": "", "list_shipped": ""}


def test_a_prefix_keeps_the_blank_at_its_end(world: World, runtime: Runtime) -> None:
    said = {"tag_skus": True, "tag_prefix": " bought: ", "list_completed": " Buyers "}
    options = (world.owner.patch(world.path, {"options": said}).json or {})["options"]
    assert (options["tag_prefix"], options["list_completed"]) == ("bought: ", "Buyers")
    refused = world.owner.patch(world.path, {"options": {"tag_prefix": 7}})
    assert refused.status_code == 422, refused.text
    sold = ORDER | {"line_items": [{"product_id": 1, "name": "Tea", "sku": "T-1", "total": "1"}]}
    world.shop.orders.append(sold)
    pulled(world, runtime)
    tags = (world.owner.get("/tags").json or {})["items"]
    assert [one["name"] for one in tags] == ["bought: T-1"]
