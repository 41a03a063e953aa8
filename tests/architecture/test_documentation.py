"""The pages are true: every call that they show is one that the API answers."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.routing import MapAdapter

from tests.architecture import house

_PATH = r"(/[\w$/-]*)"
#: How pages show calls: `GET /x` in the text, and the shell function of the first steps.
_SHOWN = (
    re.compile(rf"`(GET|POST|PATCH|DELETE) (?:/api/v1)?{_PATH.replace('$', '${}')}"),
    re.compile(rf'\bapi (GET|POST|PATCH|DELETE) +"?{_PATH}'),
)


@pytest.fixture
def routes(web: Flask) -> MapAdapter:
    """What the application answers."""
    return web.url_map.bind("127.0.0.1")


def _calls(page: Path) -> set[tuple[str, str]]:
    text = house.text(page)
    return {
        (method, re.sub(r"\{id\}|\$?\b[A-Z]{2,}\b", str(uuid4()), path).rstrip("."))
        for pattern in _SHOWN
        for method, path in pattern.findall(text)
    }


def test_calls_that_pages_show_are_answered(routes: MapAdapter) -> None:
    def unknown(page: Path) -> list[tuple[str, str]]:
        return [
            (method, path)
            for method, path in _calls(page)
            if not any(routes.test(prefix + path, method) for prefix in ("/api/v1", ""))
        ]

    assert house.offending(house.pages(), unknown) == {}


def test_the_pages_show_calls() -> None:
    assert ("POST", "/contacts/upsert") in _calls(house.ROOT / "README.md") | _calls(
        house.ROOT / "docs/first-steps.md"
    )
