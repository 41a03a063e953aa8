"""The stand-in shop keeps webhooks and tells of what is typed in, as WooCommerce does."""

import hmac
import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
import requests

from app.dev.replay import RecordedSite, load
from tests.connectors.site import RECORDED_SITE, Request, Response, Site, playing
from tests.waiting import PATIENCE, until

SECRET = 's3cr&t"'


@pytest.fixture
def shop() -> Iterator[RecordedSite]:
    made = RecordedSite(load(RECORDED_SITE)).start()
    yield made
    made.stop()


def ask(shop: RecordedSite, method: str, path: str, body: Any = None) -> requests.Response:
    login = (shop.username, shop.password)
    url = f"{shop.url}/wp-json/wc/v3/{path}"
    return requests.request(method, url, json=body, auth=login, timeout=PATIENCE)


def hook(shop: RecordedSite, url: str, topic: str = "customer.updated") -> int:
    body = {"topic": topic, "delivery_url": url, "secret": SECRET}
    made = ask(shop, "POST", "webhooks", body)
    assert made.status_code == 201, made.text
    return int(made.json()["id"])


def deliveries(listener: Site) -> list[Request]:
    return [one for one in listener.asked if one.headers.get("x-wc-webhook-topic")]


def test_it_greets_and_signs_what_it_says(shop: RecordedSite) -> None:
    with playing(lambda _: Response(200)) as listener:
        number = hook(shop, f"{listener.url}/hints/x")
        assert [one.body for one in listener.asked] == [b"webhook_id=%d" % number]
        changed = ask(shop, "PUT", "customers/2", {"first_name": "Zoë/", "billing": {"city": "X"}})
        assert changed.status_code == 200, changed.text
        until(lambda: deliveries(listener))
    (told,) = deliveries(listener)
    made = b64encode(hmac.new(SECRET.encode(), told.body, sha256).digest()).decode()
    assert told.headers["x-wc-webhook-signature"] == made
    assert told.headers["x-wc-webhook-resource"] == "customer"
    assert json.loads(told.body) == changed.json()
    assert b"Zo\\u00eb\\/" in told.body
    assert changed.json()["billing"]["city"] == "X"
    assert "email" in changed.json()["billing"]
    assert ask(shop, "GET", "customers/2").json()["first_name"] == "Zoë/"


def test_who_is_new_is_listed(shop: RecordedSite) -> None:
    before = int(ask(shop, "GET", "customers").headers["X-WP-Total"])
    made = ask(shop, "POST", "customers", {"email": "new@example.com", "first_name": "New"})
    assert made.status_code == 201
    listed = ask(shop, "GET", "customers?orderby=id&order=desc&per_page=1")
    assert listed.headers["X-WP-Total"] == str(before + 1)
    assert listed.json()[0]["email"] == "new@example.com"
    again = ask(shop, "POST", "customers", {"email": "NEW@example.com"})
    assert (again.status_code, again.json()["code"]) == (400, "registration-error-email-exists")
    order = ask(shop, "POST", "orders", {"billing": {"email": "g@example.com"}}).json()
    late = f"orders?modified_after={order['date_created_gmt'][:10]}T00:00:00&dates_are_gmt=true"
    assert order["id"] in [one["id"] for one in ask(shop, "GET", f"{late}&per_page=100").json()]


def test_what_fails_too_often_is_switched_off(shop: RecordedSite) -> None:
    with playing(lambda _: Response(500)) as listener:
        number = hook(shop, listener.url)
        for failed in range(1, 7):
            assert shop.webhooks.failures[number] == failed, "the greeting is the first"
            if failed < 6:
                ask(shop, "PUT", "customers/2", {"last_name": str(failed)})
                until(lambda n=failed: shop.webhooks.failures[number] > n)  # type: ignore[misc]
        ask(shop, "PUT", "customers/2", {"last_name": "last"})
        until(lambda: shop.webhooks.hooks[number]["status"] == "disabled")
        told = len(listener.asked)
        ask(shop, "PUT", "customers/2", {"last_name": "unheard"})
        ask(shop, "PUT", f"webhooks/{number}", {"status": "active"})
        ask(shop, "PUT", "customers/2", {"last_name": "heard"})
        until(lambda: len(listener.asked) > told)
        assert b"unheard" not in b"".join(one.body for one in listener.asked)


def test_they_are_listed_changed_and_taken_away(shop: RecordedSite) -> None:
    with playing(lambda _: Response(200)) as listener:
        numbers = [hook(shop, listener.url) for _ in range(3)]
    page = ask(shop, "GET", "webhooks?per_page=2")
    assert [one["id"] for one in page.json()] == [3, 2]
    assert (page.headers["X-WP-Total"], page.headers["X-WP-TotalPages"]) == ("3", "2")
    assert SECRET not in page.text
    ask(shop, "PUT", "webhooks/1", {"status": "paused"})
    assert [one["id"] for one in ask(shop, "GET", "webhooks?status=paused").json()] == [1]
    assert ask(shop, "DELETE", "webhooks/1").status_code == 501
    gone = [ask(shop, "DELETE", f"webhooks/{one}?force=true").status_code for one in numbers]
    assert (gone, ask(shop, "GET", "webhooks/1").status_code) == ([200] * 3, 404)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "webhooks", {"topic": "foo.bar"}, 400, "invalid_topic"),
        ("POST", "webhooks", {"topic": "order.created", "delivery_url": "x"}, 400, "delivery_url"),
        ("PUT", "customers/99999", {}, 404, "customer_invalid_id"),
        ("POST", "customers", {}, 400, "missing_callback_param"),
    ],
)
def test_what_the_shop_does_not_take(
    shop: RecordedSite, method: str, path: str, body: Any, status: int, code: str
) -> None:
    answer = ask(shop, method, path, body)
    assert (answer.status_code, code in answer.json()["code"]) == (status, True)


@pytest.mark.parametrize("path", ["webhooks", "customers/2", "orders"])
def test_strangers_change_nothing(shop: RecordedSite, path: str) -> None:
    url = f"{shop.url}/wp-json/wc/v3/{path}"
    answer = requests.post(url, json={"email": "x@example.com"}, timeout=PATIENCE)
    assert answer.status_code in (401, 404)
    assert shop.webhooks.hooks == {}
