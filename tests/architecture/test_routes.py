"""Every route needs a key with a scope, or is named here as open to everybody."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openapi_spec_validator
import pytest
from flask import Flask

from app import clock
from app.db import Database
from app.runtime import Runtime
from app.vault import Vault
from app.workspaces.models import SCOPES
from app.wsgi import create_app

#: Open to everybody, each for a reason of its own.
PUBLIC = {
    "/": "says what runs here",
    "/healthz": "asked by supervisors and load balancers",
    "/metrics": "wants a token of its own, or a caller on this machine",
    "/api/openapi.json": "holds no data",
    "/api/docs": "holds no data",
    "/api/docs/<name>": "holds no data",
    "/docs/": "holds no data",
    "/docs/<path:name>": "holds no data",
    "/u/<token>": "opened from a mail; the token is the key",
    "/connect/<token>": "WordPress sends a site's owner here; the token is the key, once",
    "/connect/<token>/rejected": "the same, when she said no",
    "/connect/<token>/outcome": "what came of it; the token is the key",
    "/hints/<uuid:hint_id>": "sites say that something changed, and sign it",
    "/webhooks/<uuid:webhook_id>": "programs post rows, and sign them",
}
#: Signed by a sync agent, whose key is of use for nothing else.
SIGNED = {"/api/v1/ingest", "/api/v1/ingest/visit"}
_METHODS = {"GET", "POST", "PATCH", "PUT", "DELETE"}


@pytest.fixture(scope="module")
def app() -> Iterator[Flask]:
    database = Database("sqlite://")
    vault = Vault(["a master key for tests"])
    yield create_app(Runtime(database, vault, clock.now, "http://127.0.0.1:8080"))
    database.close()


@pytest.fixture(scope="module")
def document(app: Flask) -> dict[str, Any]:
    found: dict[str, Any] = app.test_client().get("/api/openapi.json").json or {}
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method.upper() in _METHODS:
                yield path, method.upper(), operation


def test_every_route_has_a_scope_or_is_public(app: Flask) -> None:
    open_ones = set()
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        scope, is_signed = getattr(view, "scope", None), getattr(view, "is_signed", False)
        assert scope is None or scope in SCOPES
        assert bool(scope or is_signed) == rule.rule.startswith("/api/v1/"), rule.rule
        assert is_signed == (rule.rule in SIGNED), rule.rule
        if scope is None and not is_signed:
            open_ones.add(rule.rule)
    assert open_ones <= set(PUBLIC), "say in PUBLIC why it is open, or give it a scope"


def test_every_route_is_in_the_document(app: Flask, document: dict[str, Any]) -> None:
    documented = {(path, method) for path, method, _ in operations(document)}
    served = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) & _METHODS
    }
    assert documented == served


def test_the_document_says_the_scope(app: Flask, document: dict[str, Any]) -> None:
    scopes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method): scope
        for rule in app.url_map.iter_rules()
        for method in rule.methods or set()
        if (scope := getattr(app.view_functions[rule.endpoint], "scope", None))
    }
    for path, method, operation in operations(document):
        if path in SIGNED:
            assert operation["security"] == [{"agent": []}]
            continue
        scope = scopes[path, method]
        assert operation["security"] == [{"bearer": [scope]}, {"api_key": [scope]}]


def test_looking_needs_read_and_changing_more(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        scope = getattr(app.view_functions[rule.endpoint], "scope", None)
        if scope == "read":
            changing = (rule.methods or set()) & {"PATCH", "PUT", "DELETE"}
            assert not changing, f"{rule.rule} changes something with the scope read"


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    openapi_spec_validator.validate(document)


def test_a_range_without_its_least_number_says_so(document: dict[str, Any]) -> None:
    share = document["components"]["schemas"]["CanaryValues"]["properties"]["share"]
    assert (share["exclusiveMinimum"], share["maximum"], "minimum" in share) == (0, 1, False)


def test_every_operation_has_an_id_and_a_sentence(document: dict[str, Any]) -> None:
    names = Counter(operation["operationId"] for _, _, operation in operations(document))
    assert [name for name, count in names.items() if count > 1] == []
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)
    for _, _, operation in operations(document):
        assert operation["summary"].endswith("."), operation["operationId"]


def test_every_operation_documents_its_errors(document: dict[str, Any]) -> None:
    for _, _, operation in operations(document):
        default = operation["responses"]["default"]["$ref"].rpartition("/")[2]
        content = document["components"]["responses"][default]["content"]
        assert set(content) == {"application/problem+json"}


def test_every_body_refuses_unknown_fields(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            name = content["schema"]["$ref"].rpartition("/")[2]
            schema = document["components"]["schemas"][name]
            assert schema["additionalProperties"] is False, (method, path)


def test_the_docs_page_asks_nobody_else(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/api/docs", buffered=True)
    assert page.status_code == 200
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)", page.text), "an inline script"
    named = re.findall(r"(?:src|href)=\"([^\"]+)\"", page.text)
    assert len(named) == 4
    for address in named:
        assert client.get(f"/api/{address}", buffered=True).status_code == 200, address
    ours = page.text + client.get("/api/docs/docs.js", buffered=True).text
    assert "//" not in ours.replace("// Shows", ""), "an address of elsewhere"


def test_only_the_assets_of_the_docs_page_are_served(app: Flask) -> None:
    for name in ("index.css", "..%2Fdocs.py", "docs.html", "%00"):
        assert app.test_client().get(f"/api/docs/{name}").status_code == 404


def test_faces_hold_no_sql() -> None:
    """A face parses, calls one verb and renders."""
    folder = Path(__file__).parents[2] / "app"
    for face in [*folder.glob("api/*.py"), *folder.glob("public/*.py"), folder / "wsgi.py"]:
        source = face.read_text()
        assert not re.search(r"\bsession\.(execute|scalar|scalars|add|get|delete)\(", source), face
