"""The pages are true: every call that they show is one that the API answers."""

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from werkzeug.routing import MapAdapter

from app.db import Database
from app.runtime import Runtime
from app.vault import Vault
from app.wsgi import create_app
from tests.architecture import house

_PATH = r"(/[\w$/-]*)"
#: How pages show calls: `GET /x` in the text, and the shell function of the first steps.
_SHOWN = (
    re.compile(rf"`(GET|POST|PATCH|DELETE) (?:/api/v1)?{_PATH.replace('$', '${}')}"),
    re.compile(rf'\bapi (GET|POST|PATCH|DELETE) +"?{_PATH}'),
)
PAGES = [path for path in house.texts() if path.suffix == ".md"]


@pytest.fixture(scope="module")
def routes() -> MapAdapter:
    """What the application answers."""
    runtime = Runtime(
        database=Database("sqlite://"),
        vault=Vault(["a key of sixteen characters"]),
        now=lambda: datetime.now(UTC),
        base_url="http://127.0.0.1",
    )
    adapter: MapAdapter = create_app(runtime).url_map.bind("127.0.0.1")
    return adapter


def _calls(page: Path) -> set[tuple[str, str]]:
    text = page.read_text("utf-8")
    return {
        (method, re.sub(r"\{id\}|\$?\b[A-Z]{2,}\b", str(uuid4()), path).rstrip("."))
        for pattern in _SHOWN
        for method, path in pattern.findall(text)
    }


@pytest.mark.parametrize("page", PAGES, ids=house.name)
def test_calls_that_pages_show_are_answered(page: Path, routes: MapAdapter) -> None:
    unknown = [
        (method, path)
        for method, path in _calls(page)
        if not any(routes.test(prefix + path, method) for prefix in ("/api/v1", ""))
    ]
    assert unknown == []


def test_the_pages_show_calls() -> None:
    assert ("POST", "/contacts/upsert") in _calls(house.ROOT / "README.md") | _calls(
        house.ROOT / "docs/first-steps.md"
    )
