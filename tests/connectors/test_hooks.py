"""Webhooks of a shop: made, made anew, taken away; what really came from it is told apart."""

import json
from typing import Any

import pytest

from connectors import find
from connectors.reading.hooks import Hints, hints_of
from tests.connectors.shop import Shop, playing_shop
from tests.connectors.site import RECORDED
from wp_bridge.errors import AskTheOwner

OURS = "https://ferry.example/hints/1"
TOPICS = {"customer.created", "customer.updated", "order.created", "order.updated"}
_RECORDED = json.loads((RECORDED / "woo_deliveries.json").read_text("utf-8"))


def hints() -> Hints:
    found = hints_of(find()["woocommerce"])
    assert found
    return found


def headers(told: dict[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in told["headers"]}


@pytest.mark.parametrize("told", _RECORDED["deliveries"])
def test_what_a_real_shop_sent_is_believed(told: dict[str, Any]) -> None:
    body = told["body"].encode()
    assert hints().heard(headers(told), body, _RECORDED["secret"]) is True
    assert hints().heard(headers(told), body + b" ", _RECORDED["secret"]) is False
    assert hints().heard(headers(told), body, "another") is False
    assert hints().heard({}, body, _RECORDED["secret"]) is False


def test_the_greeting_of_a_real_shop_says_nothing() -> None:
    ping = _RECORDED["ping"]
    assert hints().heard(headers(ping), ping["body"].encode(), "s") is None
    assert hints().heard(headers(ping), b"webhook_id=1&order=2", "s") is False
    signed = {**headers(ping), "x-wc-webhook-signature": "é"}
    assert hints().heard(signed, ping["body"].encode(), "s") is False


def test_other_sources_do_not_tell() -> None:
    assert hints_of(find()["wordpress_users"]) is None


def test_one_for_each_topic_and_no_more_the_second_time() -> None:
    shop = Shop()
    with playing_shop(shop) as client:
        assert hints().keep(client, OURS, "secret") == 4
        assert hints().keep(client, OURS, "secret") == 0
    assert {hook["topic"] for hook in shop.hooks.values()} == TOPICS
    assert {hook["delivery_url"] for hook in shop.hooks.values()} == {OURS}
    assert shop.secrets == {"secret"}


def test_what_was_disabled_or_is_gone_is_made_anew_and_what_is_paused_stays() -> None:
    shop = Shop()
    with playing_shop(shop) as client:
        hints().keep(client, OURS, "secret")
        disabled, paused, gone, _ = shop.hooks
        shop.hooks[disabled]["status"] = "disabled"
        shop.hooks[paused]["status"] = "paused"
        del shop.hooks[gone]
        assert hints().keep(client, OURS, "secret") == 2
        assert disabled not in shop.hooks
        assert shop.hooks[paused]["status"] == "paused"
        assert {hook["topic"] for hook in shop.hooks.values()} == TOPICS
        assert hints().keep(client, OURS, "secret") == 0


def test_doubles_go_and_those_of_others_stay() -> None:
    shop = Shop()
    with playing_shop(shop) as client:
        theirs = shop.add("order.created", "https://elsewhere.example/hook")
        old = shop.add("order.created", "https://old.example/hints/1")
        twice = [shop.add("order.updated", OURS), shop.add("order.updated", OURS)]
        assert hints().keep(client, OURS, "secret") == 3
        assert theirs in shop.hooks
        assert old not in shop.hooks  # pressferry had another address then
        assert [number in shop.hooks for number in twice] == [True, False]
        hints().drop(client, OURS)
        assert set(shop.hooks) == {theirs}


def test_many_hooks_of_others_do_not_hide_ours() -> None:
    shop = Shop()
    with playing_shop(shop) as client:
        for _ in range(150):
            shop.add("order.created", "https://elsewhere.example/hook")
        hints().keep(client, OURS, "secret")
        assert hints().keep(client, OURS, "secret") == 0


def test_a_key_that_may_only_read() -> None:
    shop = Shop(read_only=True)
    with playing_shop(shop) as client, pytest.raises(AskTheOwner) as caught:
        hints().keep(client, OURS, "secret")
    assert (caught.value.state, caught.value.code) == (
        "needs_permission",
        "woocommerce_rest_cannot_create",
    )


@pytest.mark.parametrize(
    ("address", "site", "words"),
    [
        (OURS, "https://shop.example", ""),
        ("http://ferry.example:8080/hints/1", "https://shop.example", ""),
        ("https://ferry.example:8443/hints/1", "https://shop.example", "not to 8443"),
        ("http://127.0.0.1:8080/hints/1", "https://shop.example", "no public address"),
        ("http://192.168.1.5/hints/1", "https://shop.example", "no public address"),
        ("http://localhost:8080/hints/1", "https://shop.example", "no public address"),
        ("http://127.0.0.1:9999/hints/1", "http://127.0.0.1:8088", ""),
    ],
)
def test_where_a_site_would_not_send_to(address: str, site: str, words: str) -> None:
    found = hints().obstacle(address, site)
    assert words in found
    assert bool(found) == bool(words)
