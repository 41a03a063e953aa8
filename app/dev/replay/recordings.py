"""Recorded exchanges, read from a folder: ``<source>/NN-label.json``."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.dev.wordpress_front import Reply, parameters, route_of
from app.errors import Invalid
from wp_bridge.errors import WRONG_LOGIN

#: Folders whose exchanges show sites in trouble: they count only where nothing else fits.
TROUBLED = frozenset({"auth", "authorize", "misbehaviour", "security_plugins"})
#: Headers that belong to what was said, not to the line it came over.
_KEPT = ("content-type", "retry-after", "x-wp-total", "x-wp-totalpages")


@dataclass(frozen=True)
class Recording:
    """One exchange. ``is_known``: a login came along. ``body``: JSON, or text."""

    source: str
    label: str
    method: str
    route: str
    params: Mapping[str, str]
    is_known: bool
    asked: str
    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def is_troubled(self) -> bool:
        """Whether it shows a site in trouble."""
        return self.source in TROUBLED

    @property
    def is_refused(self) -> bool:
        """Whether it shows a login that the site did not know."""
        code = self.body.get("code") if isinstance(self.body, dict) else ""
        return self.status == 401 and code in WRONG_LOGIN

    def reply(self) -> Reply:
        """The answer again."""
        return Reply(self.status, self.body, self.headers)


def load(folder: Path) -> list[Recording]:
    """Every exchange below ``folder``, or in it when it is a single source's. Raises Invalid."""
    files = sorted(folder.glob("*/*.json")) or sorted(folder.glob("*.json"))
    found = [made for path in files for made in _read(path)]
    if not found:
        raise Invalid(f"There are no recordings in {folder}: it should hold <source>/NN-label.json")
    return sorted(found, key=lambda one: one.is_troubled)


def _read(path: Path) -> Iterator[Recording]:
    try:
        told = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise Invalid(f"{path} is not JSON: {error}") from None
    if not isinstance(told, dict) or not {"request", "response"} <= set(told):
        return  # such as a list of deliveries to a webhook
    request, response = told["request"], told["response"]
    parts = urlsplit(request["url"])
    params = parameters(parts.query)
    route = route_of(parts.path, params)
    if route is None:
        return  # a page, not the API
    params.pop("rest_route", None)
    body = response.get("body_json")
    names = {name.lower(): value for name, value in response.get("headers", ())}
    yield Recording(
        path.parent.name,
        told.get("label", path.stem),
        request["method"],
        route,
        params,
        any(name.lower() == "authorization" for name in request.get("headers", {})),
        request.get("body") if isinstance(request.get("body"), str) else "",
        response["status"],
        {name: names[name] for name in _KEPT if name in names},
        response.get("body_text") or "" if body is None else body,
    )
