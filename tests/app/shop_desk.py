"""A shop that tells what changed, as a source of somebody's: WooCommerce, played."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.app.conftest import Client
from tests.connectors.shop import Shop
from tests.connectors.site import playing

ORDER: dict[str, Any] = {
    "id": 1,
    "status": "completed",
    "customer_id": 0,
    "billing": {"email": "guest@example.com", "first_name": "Gäst"},
    "date_created_gmt": "2026-11-01T00:00:00",
    "date_modified_gmt": "2026-11-01T00:00:00",
    "total": "9.99",
    "currency": "EUR",
    "refunds": [],
    "line_items": [],
}


@dataclass
class World:
    """A connected shop."""

    shop: Shop
    owner: Client
    site_id: str
    connection_id: str

    @property
    def path(self) -> str:
        return f"/connections/{self.connection_id}"

    def tell(self, url: str, order: dict[str, Any] | None = None) -> int:
        """The shop sends something; the status that it is answered with."""
        body, headers = self.shop.delivery(order or ORDER)
        return self.post(url, body, headers)

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        client = self.owner.app.test_client()
        answer = client.post(urlsplit(url).path, data=body, headers=headers)
        return answer.status_code

    def runs(self) -> list[dict[str, Any]]:
        return list((self.owner.get(f"{self.path}/runs").json or {})["items"])


@contextmanager
def connected(owner: Client, shop: Shop) -> Iterator[World]:
    """As long as it is open, the shop answers."""
    with playing(shop.answer) as site:
        login = {"username": "admin", "application_password": "secret"}
        made = owner.post("/sites", {"url": site.url, **login}).json or {}
        sources = (owner.post(f"/sites/{made['id']}/discover").json or {})["sources"]
        (shops,) = [one for one in sources if one["title"] == "WooCommerce"]
        yield World(shop, owner, made["id"], shops["connection_id"])
