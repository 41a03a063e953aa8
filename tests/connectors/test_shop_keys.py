"""A shop's keys: they open the shop and nothing else, and their secret never goes over http."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest

import connectors
from app.dev.replay import RecordedSite, load
from app.dev.wordpress_front import Asked, Reply
from app.dev.wordpress_keys import KEY, SECRET, ShopKeys
from tests.connectors.site import (
    RECORDED_SITE,
    Request,
    Response,
    as_json,
    paged,
    playing,
    recorded,
)
from wp_bridge import discovery, root
from wp_bridge.client import Client
from wp_bridge.errors import AskTheOwner
from wp_bridge.ways import Keys, Method

HOME = "http://shop.example"
KEYS = Keys(KEY, SECRET)


def asked(url: str, method: str = "GET") -> Asked:
    parts = urlsplit(url)
    return Asked(method, parts.path, {}, target=f"{parts.path}?{parts.query}")


def refused(judged: Reply | bool) -> str:
    assert isinstance(judged, Reply)
    assert (judged.status, judged.data["code"]) == (401, "woocommerce_rest_authentication_error")
    return str(judged.data["message"])


METHODS: tuple[Method, ...] = ("GET", "POST", "PUT", "DELETE")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("home", [HOME, f"{HOME}:8088", f"{HOME}/blog"])
@pytest.mark.parametrize(
    "query",
    [
        "",
        "per_page=100&page=1&orderby=id&order=asc&_fields=id%2Cemail&_=a0",
        "modified_after=2026-11-22T04%3A32%3A42&dates_are_gmt=true",
        "search=Tom+%26+J%C3%B6rg+%7E%2B%25&empty=&Upper=1&_z=2",
    ],
)
def test_a_signature_is_what_the_shop_expects(method: Method, home: str, query: str) -> None:
    url, headers = KEYS.dress(method, f"{home}/wp-json/wc/v3/orders?{query}")
    assert headers == {}
    assert SECRET not in url
    assert ShopKeys(home).judge(asked(url, method)) is True


def test_a_signature_worked_out_by_hand() -> None:
    url = f"{HOME}/wp-json/wc/v3/orders?status=a+b&oauth_consumer_key={KEY}&oauth_nonce=n"
    url += "&oauth_timestamp=1795322332&oauth_signature_method=HMAC-SHA256"
    said = (
        "GET&http%3A%2F%2Fshop.example%2Fwp-json%2Fwc%2Fv3%2Forders"
        f"&oauth_consumer_key%3D{KEY}%26oauth_nonce%3Dn%26oauth_signature_method%3DHMAC-SHA256"
        "%26oauth_timestamp%3D1795322332%26status%3Da%2520b"
    )
    made = hmac.new(f"{SECRET}&".encode(), said.encode(), hashlib.sha256).digest()
    signature = b64encode(made).decode().replace("+", "%2B").replace("=", "%3D")
    late = refused(ShopKeys(HOME).judge(asked(f"{url}&oauth_signature={signature}")))
    assert late == "Invalid timestamp."  # so the signature was right
    other = refused(
        ShopKeys(HOME, secret="cs_x").judge(asked(f"{url}&oauth_signature={signature}"))
    )
    assert "does not match" in other


def test_a_request_counts_once_and_only_as_it_was_signed() -> None:
    shop = ShopKeys(HOME)
    url, _ = KEYS.dress("GET", f"{HOME}/wp-json/wc/v3/orders?page=1")
    assert "does not match" in refused(shop.judge(asked(url.replace("page=1", "page=2"))))
    assert "does not match" in refused(shop.judge(asked(url, "POST")))
    assert shop.judge(asked(url)) is True
    assert "already been used" in refused(shop.judge(asked(url)))
    stranger, _ = Keys("ck_other", SECRET).dress("GET", f"{HOME}/wp-json/wc/v3/orders")
    assert "key is invalid" in refused(shop.judge(asked(stranger)))


def test_over_https_they_go_as_basic_and_an_old_signature_stays_behind() -> None:
    signed, _ = KEYS.dress("GET", f"{HOME}/wp-json/wc/v3/orders?page=1")
    url, headers = KEYS.dress("GET", signed.replace("http:", "https:"))
    assert url == "https://shop.example/wp-json/wc/v3/orders?page=1"
    assert b64decode(headers["Authorization"].removeprefix("Basic ")).decode() == f"{KEY}:{SECRET}"


def test_they_go_to_the_shop_only() -> None:
    def answer(request: Request) -> Response:
        return paged([{"id": 1}], request)

    with playing(answer) as site:
        both = site.client(keys=KEYS)
        both.get("wc/v3/orders", {})
        both.get("wp/v2/users", {})
        alone = site.client("", "", keys=KEYS)
        alone.get("wc-analytics/reports/customers", {})
        alone.get("wp/v2/users", {})
        ways = [(request.has_login, "oauth_signature" in request.query) for request in site.asked]
    assert ways == [(False, True), (True, False), (False, True), (False, False)]


def found_at(site: RecordedSite, keys: Keys) -> dict[str, tuple[str, str]]:
    anything = {"allowed": lambda ip: True, "plainly": lambda ip: True}
    client = Client(site.url, "", "", keys=keys, **anything)
    try:
        found = discovery.discover(client, connectors.find())
    finally:
        client.close()
    return {one.source: (one.state, one.detail) for one in found.findings}


@pytest.fixture(scope="module")
def shop() -> Iterator[RecordedSite]:
    made = RecordedSite(load(RECORDED_SITE)).start()
    yield made
    made.stop()


def test_discovery_offers_the_shop_and_says_why_nothing_else(shop: RecordedSite) -> None:
    found = found_at(shop, KEYS)
    state, detail = found.pop("woocommerce")
    assert state == "ready", detail
    for source, (state, detail) in found.items():
        assert state == "needs_permission", source
        assert detail.startswith("The shop's keys open nothing but the shop. Give a user name")


def test_discovery_says_what_is_wrong_with_keys(shop: RecordedSite) -> None:
    for keys in (Keys("ck_gone", SECRET), Keys(KEY, "cs_wrong")):
        state, detail = found_at(shop, keys)["woocommerce"]
        assert state == "needs_permission"
        assert "refuses the consumer key" in detail
        assert "by another address" in detail


def test_a_closed_index_does_not_hide_the_shop() -> None:
    def answer(request: Request) -> Response:
        if "oauth_signature" in request.query:
            return paged([{"id": 1}], request)
        return recorded("disabled_rest_root")

    with playing(answer) as site:
        found = discovery.discover(site.client("", "", keys=KEYS), connectors.find())
        states = {one.source: one.state for one in found.findings}
    assert states.pop("woocommerce") == "ready"
    assert set(states.values()) == {"needs_permission"}
    assert found.root is not None
    assert not found.root.is_whole


def test_without_permalinks_the_shop_does_not_look_at_keys() -> None:
    def answer(request: Request) -> Response:
        if "rest_route" not in request.query:
            return Response(404, b"<html></html>", {"Content-Type": "text/html"})
        return as_json({"name": "", "namespaces": ["wc/v3"], "authentication": []})

    with playing(answer) as site:
        client = site.client("", "", keys=KEYS)
        root.find(client)
        with pytest.raises(AskTheOwner) as caught:
            client.get("wc/v3/orders", {})
    assert caught.value.state == "needs_permission"
    assert "Settings > Permalinks" in caught.value.sentence


def test_what_is_changed_is_signed_and_sent_as_json() -> None:
    with playing(lambda _: as_json({"id": 7}, 201)) as site:
        client = site.client("", "", keys=KEYS, rest_root=f"{site.url}/wp-json/")
        assert client.change("POST", "wc/v3/webhooks", {"name": "ü"}).data == {"id": 7}
        (made,) = site.asked
        shop = ShopKeys(site.url)
    assert made.headers["content-type"] == "application/json"
    assert b'"name"' in made.body
    told = dict(parse_qsl("&".join(f"{k}={v}" for k, v in made.query.items())))
    assert told["oauth_consumer_key"] == shop.key
