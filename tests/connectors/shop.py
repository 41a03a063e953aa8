"""A shop that keeps webhooks, as WooCommerce does over REST, and signs what it sends."""

import hmac
import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from tests.connectors.site import Request, Response, as_json, paged, playing
from wp_bridge.client import Client

_ROUTE = "wc/v3/webhooks"
_ROOT = {
    "name": "A shop",
    "namespaces": ["wp/v2", "wp-site-health/v1", "wc/v3"],
    "authentication": {"application-passwords": {}},
    "gmt_offset": 0,
}


class Shop:
    """``hooks`` by number. ``customers``, ``orders``, ``products`` as they are listed; ``asked``:
    for everything that it was asked.
    """

    def __init__(self, *, read_only: bool = False) -> None:
        self.hooks: dict[int, dict[str, Any]] = {}
        self.secrets: set[str] = set()
        self.customers: list[dict[str, Any]] = []
        self.orders: list[dict[str, Any]] = []
        self.products: list[dict[str, Any]] = []
        self.asked: list[Request] = []
        self.is_down = False
        self._read_only = read_only
        self._last = 0

    def add(self, topic: str, url: str, status: str = "active") -> int:
        """One more."""
        self._last += 1
        self.hooks[self._last] = {
            "id": self._last,
            "topic": topic,
            "delivery_url": url,
            "status": status,
        }
        return self._last

    def answer(self, request: Request) -> Response:
        """What the shop answers."""
        self.asked.append(request)
        if self.is_down:
            return Response(503)
        if request.route == "wc/v3/customers":
            wanted = request.query.get("include", "")
            some = [one for one in self.customers if str(one["id"]) in wanted.split(",")]
            return paged(some if wanted else self.customers, request)
        if request.route == "wc/v3/orders":
            return paged(self.orders, request)
        if request.route == "wc/v3/products":
            wanted = request.query["include"].split(",")
            return paged([one for one in self.products if str(one["id"]) in wanted], request)
        if not request.route.startswith(_ROUTE):
            return as_json(_ROOT)
        if request.method == "GET":
            return paged(list(self.hooks.values()), request)
        if self._read_only:
            code = "woocommerce_rest_cannot_create"
            return as_json({"code": code, "message": "Sorry", "data": {"status": 403}}, 403)
        return self._change(request)

    def _change(self, request: Request) -> Response:
        if request.method == "POST":
            said = json.loads(request.body)
            self.secrets.add(said["secret"])
            number = self.add(said["topic"], said["delivery_url"], said["status"])
            return as_json(self.hooks[number], 201)
        number = int(request.route.rpartition("/")[2])
        if number not in self.hooks or request.query.get("force") != "true":
            code = "woocommerce_rest_shop_webhook_invalid_id"
            return as_json({"code": code, "message": "Invalid ID."}, 404)
        return as_json(self.hooks.pop(number))

    def delivery(self, order: dict[str, Any], about: str = "") -> tuple[bytes, dict[str, str]]:
        """What it sends about an order, or another thing; it says so when it is asked to."""
        (secret,) = self.secrets
        body = json.dumps(order).encode()
        made = hmac.new(secret.encode(), body, sha256).digest()
        names = {"X-WC-Webhook-Topic": "order.created", "Content-Type": "application/json"}
        names |= {"X-WC-Webhook-Resource": about} if about else {}
        return body, {**names, "X-WC-Webhook-Signature": b64encode(made).decode()}


@contextmanager
def playing_shop(shop: Shop) -> Iterator[Client]:
    """The shop as a running site, and a client of it."""
    with playing(shop.answer) as site:
        yield site.client(rest_root=f"{site.url}/wp-json/")
