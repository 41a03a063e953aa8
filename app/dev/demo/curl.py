"""The API as the demo uses it: like a person with curl, and every call can be shown."""

import json
import re
from collections.abc import Callable
from typing import Any

import requests

LONGEST = 40
_ID = re.compile(r"([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f-]{22}")


class Failed(Exception):
    """The demo cannot go on; the sentence says what was seen."""


class Curl:
    """Calls one pressferry with one key."""

    def __init__(self, url: str, key: str) -> None:
        self._root = f"{url}/api/v1"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {key}"
        self.show: Callable[[str, str, str], None] = lambda request, body, answer: None

    def get(self, path: str) -> Any:
        """Reads, without showing it: the demo looks often."""
        return self._call("GET", path, None)[1]

    def do(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Does something, and shows the call."""
        code, answer = self._call(method, path, body)
        said = json.dumps(_short(body), ensure_ascii=False) if body else ""
        self.show(f"{method} /api/v1{_short(path)}", said, str(code))
        return answer

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, Any]:
        answer = self._session.request(method, self._root + path, json=body, timeout=30)
        if not answer.ok:
            raise Failed(f"{method} {path} was answered with {answer.status_code}: {answer.text}")
        return answer.status_code, answer.json() if answer.content else None


def _short(value: Any, name: str = "") -> Any:
    """What was said, as it is shown: no secrets, no long texts, ids as their beginning."""
    if isinstance(value, dict):
        return {key: _short(inner, key) for key, inner in value.items()}
    if "password" in name:
        return "..."
    if isinstance(value, str):
        text = _ID.sub(r"\1...", value)
        return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
    return value
