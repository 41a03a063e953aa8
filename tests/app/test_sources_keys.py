"""A site with the keys of its shop: given, kept closed, used for the shop, and changed."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.dev.replay import RecordedSite, load
from app.dev.wordpress_keys import KEY, SECRET
from app.runtime import Runtime
from app.sources.models import Site
from app.sources.runs import running
from tests.app.conftest import Client, on_sqlite
from tests.connectors.site import RECORDED_SITE


@pytest.fixture
def shop() -> Iterator[RecordedSite]:
    made = RecordedSite(load(RECORDED_SITE)).start()
    yield made
    made.stop()


def added(owner: Client, url: str, **more: Any) -> dict[str, Any]:
    body = {"url": url, "consumer_key": KEY, "consumer_secret": SECRET, **more}
    answer = owner.post("/sites", body)
    assert answer.status_code == 201, answer.json
    return dict(answer.json or {})


def test_customers_and_orders_come_in_by_keys_alone(
    runtime: Runtime, owner: Client, shop: RecordedSite
) -> None:
    site = added(owner, shop.url)
    assert (site["has_keys"], site["has_password"], site["authorization"]) == (True, False, None)
    assert site["key_ending"] == KEY[-7:]
    sources = (owner.post(f"/sites/{site['id']}/discover").json or {})["sources"]
    titles = [one["title"] for one in sources]
    assert (titles[0], titles[-1]) == ("WordPress users", "WPForms")
    (ready,) = [one for one in sources if one["state"] == "ready"]
    assert ready["title"] == "WooCommerce"
    run = owner.post(f"/connections/{ready['connection_id']}/runs", {}).json or {}
    running.run_due(runtime)
    run = owner.get(f"/runs/{run['id']}").json or {}
    assert (run["state"], run["created"] > 0) == ("succeeded", True), run


def test_keys_that_died_stop_the_connection(
    runtime: Runtime, owner: Client, shop: RecordedSite
) -> None:
    site = added(owner, shop.url)
    sources = (owner.post(f"/sites/{site['id']}/discover").json or {})["sources"]
    (connection,) = [one["connection_id"] for one in sources if one["connection_id"]]
    shop.keys.secret = "cs_another"
    run = owner.post(f"/connections/{connection}/runs", {}).json or {}
    running.run_due(runtime)
    assert "refuses the consumer key" in (owner.get(f"/runs/{run['id']}").json or {})["detail"]
    assert (owner.get(f"/connections/{connection}").json or {})["state"] == "needs_reauth"
    owner.patch(f"/sites/{site['id']}", {"consumer_key": KEY, "consumer_secret": "cs_another"})
    assert (owner.get(f"/connections/{connection}").json or {})["state"] == "ready"
    owner.post(f"/connections/{connection}/runs", {})
    assert running.run_due(runtime) == 1
    assert (owner.get(f"/connections/{connection}").json or {})["trouble"] == ""


def test_they_never_come_out(runtime: Runtime, owner: Client) -> None:
    site = added(owner, "http://127.0.0.1:9")
    shown = owner.get(f"/sites/{site['id']}").text + owner.get("/sites").text
    assert KEY not in shown
    assert SECRET not in shown
    with runtime.database.reading() as session:
        row = session.scalars(select(Site).where(Site.id == UUID(site["id"]))).one()
    assert SECRET not in row.shop_keys
    assert KEY not in row.shop_keys


def test_they_are_taken_away_again(owner: Client) -> None:
    site = added(owner, "http://127.0.0.1:9")
    nothing = {"consumer_key": None, "consumer_secret": None}
    changed = owner.patch(f"/sites/{site['id']}", nothing).json or {}
    assert (changed["has_keys"], changed["key_ending"]) == (False, "")


@on_sqlite
@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"consumer_key": KEY}, "consumer_secret"),
        ({"consumer_secret": SECRET}, "consumer_key"),
        ({"consumer_key": SECRET, "consumer_secret": KEY}, "consumer_key"),
        ({"consumer_key": KEY, "consumer_secret": ""}, "consumer_secret"),
    ],
)
def test_half_a_pair_is_none(owner: Client, body: dict[str, str], place: str) -> None:
    answer = owner.post("/sites", {"url": "http://127.0.0.1:9", **body})
    assert answer.status_code == 422
    assert place in str(answer.json)


@on_sqlite
def test_another_host_needs_them_again(owner: Client) -> None:
    site = added(owner, "http://127.0.0.1:9")
    moved = owner.patch(f"/sites/{site['id']}", {"url": "http://127.0.0.1:10"})
    assert (moved.status_code, "consumer_secret" in str(moved.json)) == (422, True)
    both = {"url": "http://127.0.0.1:10", "consumer_key": KEY, "consumer_secret": SECRET}
    assert owner.patch(f"/sites/{site['id']}", both).status_code == 200
    login = {"username": "admin", "application_password": "secret"}
    both_ways = added(owner, "http://127.0.0.1:11", **login)
    moved = owner.patch(f"/sites/{both_ways['id']}", {**both, "url": "http://127.0.0.1:12"})
    assert (moved.status_code, "application_password" in str(moved.json)) == (422, True)
