"""Webhooks of a stand-in shop, as WooCommerce keeps them over REST, and what it sends to them.

Written down from ``class-wc-webhook.php``: a greeting at their making, a signature over the very
bytes, and a webhook that fails too often is switched off.
"""

import hmac
import json
import threading
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

from app import clock, http
from app.dev.replay.listings import number
from app.dev.wordpress_front import Asked, Reply
from app.dev.wordpress_login import error

ROUTE = "/wc/v3/webhooks"
_RESOURCES = ("customer", "order", "product", "coupon")
_TOPICS = {f"{one}.{event}" for one in _RESOURCES for event in ("created", "updated", "deleted")}
_STATUSES = ("active", "paused", "disabled")
#: Once so many failed in a row, the next one that fails switches it off.
_MOST_FAILURES = 5
_SECONDS = 5.0
_INVALID = "woocommerce_rest_shop_webhook_invalid_{}"

Hook = dict[str, Any]


class Webhooks:
    """Those of the shop at ``home``; ``hooks`` by number, and how often each failed in a row."""

    def __init__(self, home: str) -> None:
        self.hooks: dict[int, Hook] = {}
        self.failures: dict[int, int] = {}
        self._secrets: dict[int, str] = {}
        self._home = home
        self._last = 0

    def answer(self, asked: Asked, query: Mapping[str, str]) -> Reply | None:
        """What is answered below ROUTE; None for what is elsewhere."""
        if asked.route != ROUTE and not asked.route.startswith(f"{ROUTE}/"):
            return None
        which = asked.route.removeprefix(ROUTE).strip("/")
        if not which:
            return self._make(said(asked)) if asked.method == "POST" else self._listed(query)
        hook = self.hooks.get(int(which)) if which.isdecimal() else None
        if hook is None:
            return error(404, _INVALID.format("id"), "Invalid ID.")
        if asked.method in ("PUT", "POST", "PATCH"):
            return self._change(hook, said(asked))
        if asked.method == "DELETE":
            return self._delete(hook, query)
        return Reply(200, hook)

    def tell(self, topic: str, row: Mapping[str, Any]) -> None:
        """Something changed: those that want to know are told, each by itself."""
        body = json.dumps(row, separators=(",", ":")).replace("/", "\\/").encode()
        for hook in list(self.hooks.values()):
            if (hook["topic"], hook["status"]) == (topic, "active"):
                threading.Thread(target=self._deliver, args=(hook, body), daemon=True).start()

    def _listed(self, query: Mapping[str, str]) -> Reply:
        status = query.get("status", "all")
        found = [one for one in self.hooks.values() if status in ("all", one["status"])]
        found.sort(key=lambda one: int(one["id"]), reverse=query.get("order", "desc") == "desc")
        per_page, page = number(query, "per_page", 10), number(query, "page", 1)
        pages = -(-len(found) // per_page)
        headers = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(pages)}
        return Reply(200, found[(page - 1) * per_page : page * per_page], headers)

    def _make(self, values: Mapping[str, Any]) -> Reply:
        if values.get("topic") not in _TOPICS:
            sentence = "Webhook topic is required and must be valid."
            return error(400, _INVALID.format("topic"), sentence)
        if wrong := _wrong_url(values.get("delivery_url")):
            return wrong
        self._last += 1
        resource, _, event = str(values["topic"]).partition(".")
        now = clock.now().strftime("%Y-%m-%dT%H:%M:%S")
        hook = {
            "id": self._last,
            "name": values.get("name") or f"Webhook created on {now}",
            "status": values["status"] if values.get("status") in _STATUSES else "active",
            "topic": values["topic"],
            "resource": resource,
            "event": event,
            "delivery_url": values["delivery_url"],
            "date_created_gmt": now,
            "date_modified_gmt": None,
        }
        self.hooks[self._last], self.failures[self._last] = hook, 0
        self._secrets[self._last] = str(values.get("secret") or token_hex(25))
        if hook["status"] == "active":
            self._greet(hook)
        return Reply(201, hook)

    def _change(self, hook: Hook, values: Mapping[str, Any]) -> Reply:
        if "delivery_url" in values and (wrong := _wrong_url(values["delivery_url"])):
            return wrong
        if values.get("status") in _STATUSES:
            hook["status"] = values["status"]
            self.failures[hook["id"]] = 0
        for name in ("name", "delivery_url"):
            hook[name] = values.get(name, hook[name])
        if values.get("secret"):
            self._secrets[hook["id"]] = str(values["secret"])
        return Reply(200, hook)

    def _delete(self, hook: Hook, query: Mapping[str, str]) -> Reply:
        if query.get("force") != "true":
            return error(501, "rest_trash_not_supported", "Webhooks do not support trashing.")
        return Reply(200, self.hooks.pop(hook["id"]))

    def _greet(self, hook: Hook) -> None:
        """A form without a signature, before the answer to who made it."""
        body = f"webhook_id={hook['id']}".encode()
        self._post(hook, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def _deliver(self, hook: Hook, body: bytes) -> None:
        made = hmac.new(self._secrets[hook["id"]].encode(), body, sha256).digest()
        about = {
            "Source": f"{self._home}/",
            "Topic": hook["topic"],
            "Resource": hook["resource"],
            "Event": hook["event"],
            "Signature": b64encode(made).decode(),
            "ID": str(hook["id"]),
            "Delivery-ID": token_hex(16),
        }
        named = {f"X-WC-Webhook-{name}": value for name, value in about.items()}
        self._post(hook, body, {"Content-Type": "application/json", **named})

    def _post(self, hook: Hook, body: bytes, headers: Mapping[str, str]) -> None:
        agent = {"User-Agent": "WooCommerce/10.9.1 Hookshot (WordPress/7.0.4)"}
        told = http.post(
            hook["delivery_url"],
            body,
            {**agent, **headers},
            allowed=lambda ip: True,
            plainly=lambda ip: True,
            seconds=_SECONDS,
        )
        if told.status is not None and 200 <= told.status < 303:
            self.failures[hook["id"]] = 0
        elif self.failures[hook["id"]] > _MOST_FAILURES:
            hook["status"] = "disabled"
        else:
            self.failures[hook["id"]] += 1


def said(asked: Asked) -> Mapping[str, Any]:
    """The JSON that came along; nothing where it is none."""
    try:
        found = json.loads(asked.body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _wrong_url(url: Any) -> Reply | None:
    if urlsplit(str(url or "")).scheme in ("http", "https"):
        return None
    sentence = "Webhook delivery URL must be a valid URL starting with http:// or https://."
    return error(400, _INVALID.format("delivery_url"), sentence)
