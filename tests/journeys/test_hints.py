"""A shop and a server as their users start them: what is typed in there is soon a contact here."""

from pathlib import Path
from typing import Any

import requests

from app.dev.replay import RecordedSite, load
from tests.connectors.site import RECORDED_SITE
from tests.journeys.serving import Served, founded, serving
from tests.waiting import PATIENCE, until

ORDER: dict[str, Any] = {
    "set_paid": True,
    "billing": {"email": "guest+1@example.com", "first_name": "Gäst"},
    "line_items": [{"name": "Tea", "product_id": 1, "quantity": 2, "total": "9.98"}],
}


def ask(served: Served, method: str, path: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {served.key}"}
    url = f"{served.url}/api/v1{path}"
    answer = requests.request(method, url, json=body, headers=headers, timeout=PATIENCE)
    assert answer.ok, answer.text
    return answer.json() if answer.content else None


def connected(served: Served, site: RecordedSite) -> str:
    """The connection to the shop."""
    login = {"username": site.username, "application_password": site.password}
    made = ask(served, "POST", "/sites", {"url": site.url, **login})
    found = ask(served, "POST", f"/sites/{made['id']}/discover")["sources"]
    return str(next(one["connection_id"] for one in found if one["source"] == "woocommerce"))


def at_the_shop(site: RecordedSite, method: str, path: str, body: Any) -> Any:
    """As somebody who works at the shop."""
    answer = requests.request(
        method,
        f"{site.url}/wp-json/wc/v3/{path}",
        json=body,
        auth=(site.username, site.password),
        timeout=PATIENCE,
    )
    assert answer.ok, answer.text
    return answer.json()


def test_an_order_comes_without_a_schedule(tmp_path: Path) -> None:
    key = founded(tmp_path)["api_key"]
    site = RecordedSite(load(RECORDED_SITE)).start()
    with serving(tmp_path) as served:
        served.key = key
        path = f"/connections/{connected(served, site)}"
        ask(served, "POST", f"{path}/hints")
        assert {one["topic"] for one in site.webhooks.hooks.values()} == {
            *("customer.created", "customer.updated"),
            *("order.created", "order.updated"),
        }
        assert set(site.webhooks.failures.values()) == {0}, "the greeting was not taken"
        made = at_the_shop(site, "POST", "orders", ORDER)
        until(lambda: _contact(served), "the order did not come")
        until(lambda: ask(served, "GET", f"{path}/runs")["items"][0]["state"] == "succeeded")
        (run,) = ask(served, "GET", f"{path}/runs")["items"]
        assert run["trigger"] == "hint"
        assert _contact(served)["fields"]["total_spent"] == "9.98"
        assert made["status"] == "processing"
        ask(served, "DELETE", f"{path}/hints")
        assert site.webhooks.hooks == {}
    site.stop()


def _contact(served: Served) -> dict[str, Any]:
    found = ask(served, "GET", "/contacts?per_page=500")["items"]
    email = str(ORDER["billing"]["email"])
    return next((one for one in found if one["email"] == email), {})
