"""Whatever goes wrong is said as problem+json, with a sentence, and without our insides."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError, OperationalError

from app.runtime import Runtime
from tests.app.conftest import Client, on_sqlite
from tests.faults.full import full

DEEP = "[" * 200_000
HUGE = '{"name": ' + "9" * 5000 + "}"


@on_sqlite
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/contacts/not-an-id", 404),
        ("GET", "/contacts/00000000-0000-0000-0000-000000000000", 404),
        ("GET", "/contacts/", 404),
        ("GET", "//contacts", 404),
        ("PUT", "/contacts", 405),
        ("DELETE", "/workspace", 405),
        ("POST", "/contacts/upsert", 422),
    ],
)
def test_what_is_asked_wrongly_is_a_problem(
    owner: Client, method: str, path: str, status: int
) -> None:
    answer = owner.ask(method, path)
    problem: dict[str, Any] = answer.json or {}
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert set(problem) == {"type", "title", "status", "detail", "errors"}
    assert problem["status"] == status
    assert problem["detail"].endswith(".")
    assert ("Allow" in answer.headers) == (status == 405)


@on_sqlite
@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"name": "x"', "application/json", 400),
        (b'{"name": NaN}', "application/json", 400),
        (b'{"name": Infinity}', "application/json", 400),
        (b'{"name": "\xff\xfe"}', "application/json", 400),
        ('{"name": "x"}'.encode("utf-16"), "application/json", 400),
        (DEEP.encode(), "application/json", 400),
        (HUGE.encode(), "application/json", 400),
        (b'{"name": "x"}', "text/plain", 415),
        (b"name=x", "application/x-www-form-urlencoded", 415),
        (b'{"name": "x"}', None, 415),
        (b"[]", "application/json", 422),
        (b"null", "application/json", 422),
        (b'"name"', "application/json", 422),
        (b'{"name": "x"}', "application/json; charset=utf-8", 200),
        (b'{"name": "x"}', "application/merge-patch+json", 200),
        (b'{"name": "' + b"x" * (11 * 1024 * 1024) + b'"}', "application/json", 413),
    ],
)
def test_a_body_that_is_not_json_is_refused(
    owner: Client, body: bytes, content_type: str | None, status: int
) -> None:
    answer = owner.ask("PATCH", "/workspace", data=body, content_type=content_type)
    assert answer.status_code == status, answer.text
    assert (answer.content_type == "application/problem+json") == (status != 200)


@on_sqlite
def test_what_is_long_is_not_sent_back(owner: Client) -> None:
    answer = owner.patch("/workspace", {"x" * 100_000: 1})
    assert answer.status_code == 422
    assert len(answer.text) < 2000
    many = owner.patch("/workspace", {f"x{number}": 1 for number in range(1000)})
    assert len((many.json or {})["errors"]) == 100


@on_sqlite
@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError("the secret is zinnober"), 500),
        (IntegrityError("zinnober", {"zinnober": 1}, Exception("zinnober")), 409),
        (OperationalError("zinnober", {"zinnober": 1}, Exception("zinnober")), 503),
    ],
)
def test_our_insides_stay_inside(
    owner: Client,
    app: Flask,
    error: Exception,
    status: int,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(**_: Any) -> None:
        raise error

    monkeypatch.setitem(app.view_functions, "workspace.get_workspace", broken)
    answer = owner.get("/workspace")
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert "zinnober" not in answer.text
    if status == 500:
        assert "the secret is zinnober" in caplog.text


@on_sqlite
def test_a_full_disk_is_called_so(owner: Client, runtime: Runtime) -> None:
    mail = {"email": "ann@example.org", "first_name": "x" * 200}
    with full(runtime.database):
        for number in range(200):  # until the pages that are there are used up
            answer = owner.post("/contacts", mail | {"email": f"ann{number}@example.org"})
            if answer.status_code == 503:
                break
    assert "disk under the database is full" in (answer.json or {})["detail"]
    assert answer.headers["Retry-After"] == "60"
    assert owner.post("/contacts", mail).status_code == 201


def test_every_answer_is_guarded(app: Flask, owner: Client) -> None:
    client = app.test_client()
    for path in ("/healthz", "/api/docs", "/api/openapi.json", "/nowhere", "/api/v1/workspace"):
        headers = client.get(path, buffered=True).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert owner.get("/workspace").headers["Cache-Control"] == "no-store"


def test_health_is_the_databases_answer(
    app: Flask, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    well = app.test_client().get("/healthz")
    assert well.status_code == 200
    assert (well.json or {})["status"] == "ok"

    def silent() -> None:
        raise OperationalError("SELECT 1", {}, Exception("no answer"))

    monkeypatch.setattr(runtime.database, "ping", silent)
    assert app.test_client().get("/healthz").status_code == 503


@on_sqlite
def test_a_field_that_is_not_known_comes_with_those_that_are(owner: Client) -> None:
    answer = owner.post("/campaigns", {"name": "News", "audience": {"lists": ["A"]}})
    (problem,) = (answer.json or {})["errors"]
    assert problem == {
        "where": "audience.lists",
        "detail": "Unknown field; known here: all, exclude, include.",
    }
    answer = owner.get("/contacts?search=ann")
    assert "known here: " in (answer.json or {})["detail"]


@on_sqlite
def test_a_moment_that_is_none_comes_with_one_that_is(owner: Client) -> None:
    answer = owner.get("/deliveries?since=yesterday")
    assert "such as 2026-11-21T09:00:00Z" in (answer.json or {})["detail"]
    answer = owner.post(
        "/messages", {"to": "a@b.example", "subject": "x", "at": "2026-11-21T09:00:00"}
    )
    assert "such as 2026-11-21T09:00:00Z" in (answer.json or {})["detail"]
