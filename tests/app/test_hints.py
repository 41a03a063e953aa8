"""A shop tells that something changed: the next pull comes forward, once, and never too often."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from app.contacts.models import Contact, ContactList, ContactTag, MailingList, Tag
from app.runtime import Runtime
from app.sources.models import Connection, SyncRun
from app.sources.runs import running, sooner
from app.sources.sites import leaving
from app.sources.webhooks import hinting
from app.sources.webhooks.models import Farewell
from tests.app.conftest import Client, on_sqlite
from tests.app.shop_desk import ORDER, World, connected
from tests.conftest import TurnableClock
from tests.connectors.shop import Shop


@pytest.fixture
def world(owner: Client) -> Iterator[World]:
    with connected(owner, Shop()) as world:
        yield world


def begun(world: World) -> str:
    answer = world.owner.post(f"{world.path}/hints")
    assert answer.status_code == 201, answer.json
    return str((answer.json or {})["url"])


def test_a_hint_brings_the_next_pull_forward(
    runtime: Runtime, world: World, clock: TurnableClock
) -> None:
    url = begun(world)
    assert len(world.shop.hooks) == 4
    assert running.run_due(runtime) == 0
    world.shop.orders.append(ORDER)
    assert world.tell(url) == 200
    assert world.tell(url) == 200
    assert running.run_due(runtime) == 0  # what comes soon after is the same pull
    clock.turn(seconds=sooner.GATHERED.total_seconds())
    assert running.run_due(runtime) == 1
    (run,) = world.runs()
    assert (run["trigger"], run["state"], run["created"]) == ("hint", "succeeded", 1)
    shown = world.owner.get(f"{world.path}/hints").json or {}
    assert (shown["detail"], shown["heard_at"] is not None) == ("", True)
    clock.turn(hours=1)
    assert running.run_due(runtime) == 0


def test_after_a_held_run_no_hint_pulls_also_when_one_was_tried(
    runtime: Runtime, world: World, clock: TurnableClock
) -> None:
    url = begun(world)
    with runtime.database.transaction() as session:
        connection = session.scalars(
            select(Connection).where(Connection.source == "woocommerce")
        ).one()
        mine = {"workspace_id": connection.workspace_id, "connection_id": connection.id}
        for state, dry in (("held", False), ("succeeded", True)):
            made = {"trigger": "manual", "created_at": clock(), "state": state, "dry": dry}
            session.add(SyncRun(**mine, **made))
            session.flush()
    world.tell(url)
    clock.turn(hours=1)
    assert running.run_due(runtime) == 0


def test_however_much_is_told_pulls_keep_apart(
    runtime: Runtime, world: World, clock: TurnableClock
) -> None:
    url = begun(world)
    world.tell(url)
    pulls = 0
    for _ in range(60):
        clock.turn(seconds=5)
        world.tell(url)
        pulls += running.run_due(runtime)
    assert pulls == 5  # five minutes


def test_a_shop_that_takes_long_is_pulled_more_rarely(
    runtime: Runtime, world: World, clock: TurnableClock
) -> None:
    url = begun(world)
    run = world.owner.post(f"{world.path}/runs", {}).json or {}
    running.run_due(runtime)
    with runtime.database.transaction() as session:
        changed = session.get_one(SyncRun, UUID(run["id"]))
        assert changed.started_at
        changed.finished_at = changed.started_at + timedelta(minutes=10)
    clock.turn(minutes=11)
    world.tell(url)
    clock.turn(minutes=38)
    assert running.run_due(runtime) == 0
    clock.turn(minutes=1)
    assert running.run_due(runtime) == 1


@pytest.mark.parametrize("values", [{"state": "needs_reauth"}, {"rest_until": True}])
def test_a_site_that_rests_is_left_in_peace(
    runtime: Runtime, world: World, clock: TurnableClock, values: dict[str, Any]
) -> None:
    url = begun(world)
    if "rest_until" in values:
        values = {"rest_until": clock() + timedelta(hours=2)}
    with runtime.database.transaction() as session:
        session.execute(update(Connection).values(**values))
    assert world.tell(url) == 200
    clock.turn(hours=1)
    assert running.run_due(runtime) == 0


def test_the_greeting_is_answered_and_means_nothing(
    runtime: Runtime, world: World, clock: TurnableClock
) -> None:
    url = begun(world)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert world.post(url, b"webhook_id=1", form) == 200
    clock.turn(hours=1)
    assert running.run_due(runtime) == 0
    assert (world.owner.get(f"{world.path}/hints").json or {})["heard_at"] is None


def test_strangers_are_not_believed(world: World) -> None:
    url = begun(world)
    body, headers = world.shop.delivery(ORDER)
    assert world.post(url, body + b" ", headers) == 401
    assert world.post(url, body, {"Content-Type": "application/json"}) == 401
    assert world.post(f"/hints/{uuid4()}", body, headers) == 404
    assert world.post(url, b"x" * (2 * 1024 * 1024 + 1), headers) == 413


def test_what_the_shop_disabled_is_made_anew(
    runtime: Runtime, world: World, clock: TurnableClock
) -> None:
    begun(world)
    assert hinting.keep(runtime) == 0
    for hook in world.shop.hooks.values():
        hook["status"] = "disabled"
    before = set(world.shop.hooks)
    clock.turn(seconds=hinting.EVERY.total_seconds())
    assert hinting.keep(runtime) == 1
    assert len(world.shop.hooks) == 4
    assert before.isdisjoint(world.shop.hooks)


def test_a_shop_that_is_away_is_looked_after_later(
    runtime: Runtime, world: World, clock: TurnableClock
) -> None:
    begun(world)
    world.shop.is_down = True
    clock.turn(hours=1)
    hinting.keep(runtime)
    assert "status 503" in (world.owner.get(f"{world.path}/hints").json or {})["detail"]
    world.shop.is_down = False
    clock.turn(hours=1)
    hinting.keep(runtime)
    assert (world.owner.get(f"{world.path}/hints").json or {})["detail"] == ""


def test_they_go_when_nobody_wants_them(world: World) -> None:
    url = begun(world)
    assert world.owner.delete(f"{world.path}/hints").status_code == 204
    assert world.shop.hooks == {}
    assert world.tell(url) == 404
    assert world.owner.get(f"{world.path}/hints").status_code == 404


def removed(world: World) -> list[str]:
    """Removes the site; what is left there."""
    answer = world.owner.delete(f"/sites/{world.site_id}")
    assert answer.status_code == 200
    return list((answer.json or {})["left_at_site"])


def farewells(runtime: Runtime) -> int:
    with runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Farewell)) or 0


def test_they_go_after_the_site(runtime: Runtime, world: World) -> None:
    url = begun(world)
    world.shop.asked.clear()
    (sentence,) = removed(world)
    assert world.shop.asked == [], "somebody waited for the shop"
    assert urlsplit(url).path in sentence
    assert "WooCommerce > Settings > Advanced > Webhooks" in sentence
    assert world.tell(url) == 404
    assert leaving.clear(runtime) == 1
    assert (world.shop.hooks, farewells(runtime)) == ({}, 0)
    assert leaving.clear(runtime) == 0


def test_a_site_without_webhooks_is_left_clean(runtime: Runtime, world: World) -> None:
    assert removed(world) == []
    assert leaving.clear(runtime) == 0


def test_a_site_that_is_away_is_removed_all_the_same(
    runtime: Runtime, world: World, clock: TurnableClock
) -> None:
    begun(world)
    world.shop.is_down = True
    assert len(removed(world)) == 1
    for _ in range(3):
        assert leaving.clear(runtime) == 0
        clock.turn(minutes=20)
    world.shop.is_down = False
    assert leaving.clear(runtime) == 1
    assert (world.shop.hooks, farewells(runtime)) == ({}, 0)


def test_a_site_that_stays_away_is_forgotten_with_its_login(
    runtime: Runtime, world: World, clock: TurnableClock
) -> None:
    begun(world)
    world.shop.is_down = True
    removed(world)
    for _ in range(30):
        clock.turn(hours=1)
        assert leaving.clear(runtime) == 0
    assert (farewells(runtime), len(world.shop.hooks)) == (0, 4)


def test_webhooks_that_stayed_when_nobody_wanted_them_go_later(
    runtime: Runtime, world: World, clock: TurnableClock
) -> None:
    begun(world)
    world.shop.is_down = True
    assert world.owner.delete(f"{world.path}/hints").status_code == 204
    world.shop.is_down = False
    assert leaving.clear(runtime) == 1
    assert world.shop.hooks == {}


@on_sqlite
def test_a_shop_that_does_not_let_us(world: World) -> None:
    world.shop._read_only = True
    answer = world.owner.post(f"{world.path}/hints")
    assert answer.status_code == 409
    assert "Read/Write" in (answer.json or {})["detail"]
    assert world.owner.get(f"{world.path}/hints").status_code == 404


@on_sqlite
def test_who_may_let_them_be_made(world: World, member: Client, viewer: Client) -> None:
    assert member.post(f"{world.path}/hints").status_code == 403
    assert viewer.delete(f"{world.path}/hints").status_code == 403
    assert world.shop.hooks == {}


@on_sqlite
def test_a_source_that_cannot_tell(world: World, runtime: Runtime) -> None:
    with runtime.database.transaction() as session:
        session.execute(update(Connection).values(source="wordpress_users"))
    answer = world.owner.post(f"{world.path}/hints")
    assert (answer.status_code, "schedule" in (answer.json or {})["detail"]) == (422, True)


def test_an_order_of_an_account_gives_lists_and_tags(
    runtime: Runtime, world: World, clock: TurnableClock
) -> None:
    """Also an older one, and one of somebody whom her account says better."""
    options = {"list_completed": "Buyers", "list_cancelled": "Lost", "tag_products": True}
    assert world.owner.patch(world.path, {"options": options}).status_code == 200
    world.shop.customers.append({"id": 7, "email": "anna@example.com", "billing": {}})
    item = {"product_id": 1, "name": "Tea", "sku": ""}
    theirs = {**ORDER, "customer_id": 7, "line_items": [item]}
    older = {**ORDER, "id": 3, "date_created_gmt": "2026-10-01T00:00:00", "status": "cancelled"}
    world.shop.orders += [theirs, {**ORDER, "id": 2}, older, {**ORDER, "id": 4, "billing": {}}]
    world.owner.post(f"{world.path}/runs", {})
    running.run_due(runtime)
    (run,) = world.runs()
    assert (run["seen"], run["created"], run["skipped"]) == (5, 2, {"no_email": 1})
    assert _groups(runtime, "anna@example.com") == {"Buyers", "Tea"}
    assert _groups(runtime, "guest@example.com") == {"Buyers", "Lost"}
    clock.turn(minutes=5)
    world.owner.post(f"{world.path}/runs", {"full": True})
    running.run_due(runtime)
    again = world.runs()[0]
    assert (again["kept"], again["updated"]) == (4, 0)


def _groups(runtime: Runtime, address: str) -> set[str]:
    with runtime.database.reading() as session:
        who = select(Contact.id).where(Contact.address == address).scalar_subquery()
        lists = select(MailingList.name).join(ContactList, ContactList.list_id == MailingList.id)
        tags = select(Tag.name).join(ContactTag, ContactTag.tag_id == Tag.id)
        return {
            *session.scalars(lists.where(ContactList.contact_id == who)),
            *session.scalars(tags.where(ContactTag.contact_id == who)),
        }
