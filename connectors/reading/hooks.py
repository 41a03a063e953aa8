"""Webhooks that a plugin lets us make over REST, as WooCommerce does; what they tell is a hint."""

import hmac
import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from connectors import Answer, Connector, Site
from connectors.reading.values import mapping, number_of, text
from wp_bridge.errors import NotUnderstood

_PER_PAGE = 100
_MOST_PAGES = 20
_PORTS = (80, 443, 8080)
_LOCAL = re.compile(r"localhost|127\..*|10\..*|192\.168\..*|172\.(1[6-9]|2\d|3[01])\..*|::1")


class ChangeableSite(Site, Protocol):
    """A site at which its owner lets us make something."""

    def change(
        self,
        method: Literal["POST", "PUT", "DELETE"],
        route: str,
        data: Mapping[str, Any] | None = None,
    ) -> Answer:
        """What ``route`` answers when something is sent to it; raises as ``get``."""
        ...


class Hints(Protocol):
    """How a source can tell that something changed; what it tells is only a hint to look."""

    @property
    def permission(self) -> str:
        """What it takes at the site: a sentence."""
        ...

    @property
    def where(self) -> str:
        """Where its owner finds them."""
        ...

    def obstacle(self, address: str, site: str) -> str:
        """Why the site would not send anything to ``address``, "" when nothing is known."""
        ...

    def keep(self, site: ChangeableSite, address: str, secret: str) -> int:
        """Makes what is missing there; gives how many were made. Raises what the site raises."""
        ...

    def drop(self, site: ChangeableSite, address: str) -> None:
        """Takes all of it away again. Raises what the site raises."""
        ...

    def heard(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool | None:
        """Whether the site sent this; None for a greeting that says nothing."""
        ...

    def named(self, headers: Mapping[str, str], body: bytes) -> str:
        """What changed, as a pull may name it; "" when nobody can tell."""
        ...


def hints_of(connector: Connector) -> Hints | None:
    """How a source can tell that something changed: its ``hints``, if it has some."""
    return getattr(connector, "hints", None)


@dataclass(frozen=True, slots=True)
class RestHooks:
    """``route`` lists and makes them, one for each of ``topics``; what they send is signed in
    ``header`` (base64 of HMAC-SHA256 over the body), and is about a ``resource_header``.
    ``permission``: what making them takes; ``where`` their owner finds them.
    """

    route: str
    topics: tuple[str, ...]
    header: str
    permission: str
    resource_header: str = ""
    where: str = ""

    def obstacle(self, address: str, site: str) -> str:
        """Why the site would not send anything to ``address``, "" when nothing is known."""
        here, there = urlsplit(address), urlsplit(site)
        if here.hostname == there.hostname:
            return ""  # its own host, which it does speak to
        if _LOCAL.fullmatch(here.hostname or ""):
            return f"a site does not send anything to {here.hostname}, which is no public address"
        port = here.port or (443 if here.scheme == "https" else 80)
        if port not in _PORTS:
            return f"a site sends to the ports 80, 443 and 8080 only, not to {port}"
        return ""

    def keep(self, site: ChangeableSite, address: str, secret: str) -> int:
        """Makes what is missing, anew what was disabled, and leaves what its owner paused; gives
        how many were made. Raises what the site raises.
        """
        mine = list(self._mine(site, address))
        made = 0
        for topic in self.topics:
            those = [row for row in mine if text(row.get("topic")) == topic]
            good = [row for row in those if _is_good(row, address)]
            for row in those:
                if row not in good[:1]:
                    self._delete(site, row)
            if not good:
                self._make(site, topic, address, secret)
                made += 1
        return made

    def drop(self, site: ChangeableSite, address: str) -> None:
        """Takes all of them away again. Raises what the site raises."""
        for row in list(self._mine(site, address)):
            self._delete(site, row)

    def heard(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool | None:
        """Whether the site sent this; None for its greeting, which is not signed and says nothing.

        ``headers``: with names in lower case.
        """
        given = headers.get(self.header.lower(), "")
        if not given and re.fullmatch(rb"webhook_id=\d{1,18}", body.strip()):
            return None
        made = b64encode(hmac.new(secret.encode(), body, sha256).digest())
        return hmac.compare_digest(made, given.encode())

    def named(self, headers: Mapping[str, str], body: bytes) -> str:
        """What changed, such as ``customer:5``; "" when nobody can tell."""
        kind = headers.get(self.resource_header.lower(), "")
        try:
            number = number_of(mapping(json.loads(body)))
        except (ValueError, RecursionError, NotUnderstood):
            return ""
        return f"{kind}:{number}" if number > 0 and re.fullmatch(r"[a-z_]{1,30}", kind) else ""

    def _mine(self, site: ChangeableSite, address: str) -> Iterator[Mapping[str, Any]]:
        """Those that were made by us, also under an address that we had before."""
        path = urlsplit(address).path
        for page in range(1, _MOST_PAGES + 1):
            query = {"per_page": str(_PER_PAGE), "page": str(page), "orderby": "id"}
            found = site.get(self.route, query).data
            rows = [mapping(row) for row in found] if isinstance(found, list) else []
            for row in rows:
                if urlsplit(text(row.get("delivery_url"))).path.endswith(path):
                    yield row
            if len(rows) < _PER_PAGE:
                return

    def _make(self, site: ChangeableSite, topic: str, address: str, secret: str) -> None:
        values = {"name": f"pressferry {topic}", "topic": topic, "delivery_url": address}
        site.change("POST", self.route, {**values, "secret": secret, "status": "active"})

    def _delete(self, site: ChangeableSite, row: Mapping[str, Any]) -> None:
        site.change("DELETE", f"{self.route}/{number_of(row)}")


def _is_good(row: Mapping[str, Any], address: str) -> bool:
    return row.get("status") != "disabled" and row.get("delivery_url") == address
