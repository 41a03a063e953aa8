"""Nobody without a key, nobody beyond the role, nobody from another workspace: on every route."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import Database
from app.runtime import Runtime
from app.workspaces import keys, members
from app.workspaces.models import ApiKey
from tests.app.conftest import Client
from tests.app.things import one_of_everything

#: A word in everything that the first workspace holds; nobody else may ever read it.
SECRET = "zinnober"
ALLOWED = {
    "owner": {"read", "write", "send", "settings"},
    "admin": {"read", "write", "send", "settings"},
    "member": {"read", "write", "send"},
    "viewer": {"read"},
}
EXAMPLES = {
    "uuid": "00000000-0000-7000-8000-000000000000",
    "email": "somebody@example.com",
    "date-time": "2026-12-01T12:00:00Z",
}


@pytest.fixture
def things(owner: Client, runtime: Runtime) -> dict[str, str]:
    """One of everything in the first workspace: name of the path part -> its value."""
    return one_of_everything(owner, runtime, SECRET)


#: Parts of addresses that are words of everybody, not things of somebody.
WORDS = {"stream": "marketing", "key": "7"}
Route = tuple[str, str, str, Any]


def routes(app: Flask, things: dict[str, str]) -> list[Route]:
    """Every route of the API, looking first, removing last: method, address, scope, a body."""
    document = app.test_client().get("/api/openapi.json").json or {}
    found = [
        (
            method.upper(),
            _address(path, things),
            operation["security"][0]["bearer"][0],
            _body(document, operation),
        )
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in ("get", "post", "patch", "put", "delete")
        and "bearer" in operation["security"][0]  # the others are signed by sync agents
    ]
    order = ["GET", "POST", "PATCH", "PUT", "DELETE"]
    return sorted(found, key=lambda route: (order.index(route[0]), route[1]))


def _address(path: str, things: dict[str, str]) -> str:
    known = WORDS | things
    return re.sub(r"{(\w+)}", lambda part: known[part[1]], path.removeprefix("/api/v1"))


def _body(document: dict[str, Any], operation: dict[str, Any]) -> Any:
    """As JSON; a route that takes a file gets none."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return _example(document, content["schema"]) if content else None


def _example(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    """The smallest value that fits the schema."""
    if reference := schema.get("$ref"):
        return _example(document, document["components"]["schemas"][reference.split("/")[-1]])
    if choices := schema.get("anyOf"):
        return _example(document, choices[-1])
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        named = schema.get("properties", {})
        return {name: _example(document, named[name]) for name in schema.get("required", [])}
    if kind == "array":
        return [_example(document, schema["items"])] * schema.get("minItems", 0)
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    if kind == "null":
        return None
    if kind == "boolean":
        return True
    return EXAMPLES.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 1)))


#: What some routes that look must be asked with, by the end of their address.
ASKING = {"trace": "?email=somebody@example.com"}


def test_without_a_key_nothing_is_told(
    app: Flask, owner: Client, things: dict[str, str], runtime: Runtime
) -> None:
    keyless = app.test_client()
    wrong = [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": owner.key},
        {"Authorization": f"Basic {owner.key}"},
        {"Authorization": f"Bearer {owner.key}0"},
        {"Authorization": f"Bearer {owner.key[:-1]}"},
        {"Authorization": f"Bearer pf_{uuid4().hex}_{'0' * 48}"},
        {"Authorization": "Bearer pf__"},
        {"Authorization": "Bearer pf_" + "ä" * 32 + "_x"},
        {"X-API-Key": "pf_" + "z" * 32 + "_x"},
        {"X-API-Key": owner.key.replace("pf_", "pg_")},
    ]
    for method, address, _, body in routes(app, things):
        for headers in wrong:
            answer = keyless.open(f"/api/v1{address}", method=method, json=body, headers=headers)
            assert answer.status_code == 401, (method, address, headers)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert answer.content_type == "application/problem+json"
            assert SECRET not in answer.text


@pytest.mark.parametrize("role", ["viewer", "member", "admin", "owner"])
def test_a_role_reaches_as_far_as_it_should(
    app: Flask, role: str, things: dict[str, str], request: pytest.FixtureRequest
) -> None:
    client: Client = request.getfixturevalue(role)
    for method, address, scope, body in routes(app, things):
        answer = client.ask(method, address, body)
        refused = answer.status_code in (401, 403)
        assert refused == (scope not in ALLOWED[role]), (method, address, answer.text)
        assert answer.status_code < 500, (method, address, answer.text)


def test_the_owner_sees_what_is_hers(app: Flask, owner: Client, things: dict[str, str]) -> None:
    """Else the next test would prove nothing."""
    shown = ""
    for method, address, _, _ in routes(app, things):
        if method == "GET":
            answer = owner.get(address + ASKING.get(address.rpartition("/")[2], ""))
            assert answer.status_code == 200, (address, answer.text)
            shown += answer.text
    assert SECRET in shown


def test_for_an_outsider_nothing_of_it_exists(
    app: Flask, owner: Client, outsider: Client, things: dict[str, str]
) -> None:
    mine = [value for name, value in things.items() if name != "email"]
    before = {address: owner.get(address).json for address in _looks(app, things)}
    for method, address, _, body in routes(app, things):
        answer = outsider.ask(method, address, body)
        if any(value in address for value in things.values()):
            assert answer.status_code == 404, (method, address, body, answer.text)
        assert SECRET not in answer.text, (method, address)
        assert not any(value in answer.text for value in mine), (method, address)
    assert {address: owner.get(address).json for address in _looks(app, things)} == before


def _looks(app: Flask, things: dict[str, str]) -> list[str]:
    found = routes(app, things)
    return [address for method, address, _, _ in found if method == "GET" and "key" not in address]


def test_an_outsider_cannot_name_what_is_not_his(
    owner: Client, outsider: Client, things: dict[str, str]
) -> None:
    hers = (outsider.post("/contacts", {"email": "o@example.com"}).json or {})["id"]
    my_list = (outsider.post("/lists", {"name": "mine"}).json or {})["id"]
    foreign = things["contact_id"]
    tries = [
        outsider.post("/contacts/upsert", {"email": "p@example.com", "lists": [things["list_id"]]}),
        outsider.post("/contacts/upsert", {"email": "p@example.com", "tags": [things["tag_id"]]}),
        outsider.post("/contacts/upsert", {"email": "p@example.com", "fields": {SECRET: "x"}}),
        outsider.post(f"/lists/{my_list}/contacts/add", {"contact_ids": [hers, foreign]}),
        outsider.get(f"/contacts?list={things['list_id']}"),
    ]
    assert [answer.status_code for answer in tries] == [422] * len(tries)
    across = [
        outsider.post(f"/contacts/{hers}/lists/{things['list_id']}"),
        outsider.post(f"/contacts/{foreign}/lists/{my_list}"),
        outsider.delete(f"/contacts/{foreign}/tags/{things['tag_id']}"),
    ]
    assert [answer.status_code for answer in across] == [404] * len(across)
    assert (owner.get(f"/contacts/{foreign}").json or {})["lists"] == [
        {"id": things["list_id"], "name": SECRET}
    ]


def test_the_same_name_may_be_in_two_workspaces(owner: Client, outsider: Client) -> None:
    for client in (owner, outsider):
        assert client.post("/lists", {"name": "News"}).status_code == 201
        assert client.post("/contacts", {"email": "ada@example.com"}).status_code == 201
    assert (outsider.get("/contacts").json or {})["total"] == 1


def test_either_header_will_do(app: Flask, owner: Client) -> None:
    client = app.test_client()
    for headers in (
        {"Authorization": f"Bearer {owner.key}"},
        {"Authorization": f"bearer   {owner.key} "},
        {"X-API-Key": owner.key},
        {"Authorization": "Basic eDp5", "X-API-Key": owner.key},
    ):
        assert client.get("/api/v1/workspace", headers=headers).status_code == 200, headers


def test_a_key_shrinks_with_the_role(owner: Client, admin: Client, runtime: Runtime) -> None:
    assert admin.patch("/workspace", {"name": "x"}).status_code == 200
    with runtime.database.transaction() as session:
        members.change_role(session, owner.workspace_id, user_id=admin.user_id, role="viewer")
    assert admin.patch("/workspace", {"name": "y"}).status_code == 403
    assert admin.get("/workspace").status_code == 200
    with runtime.database.transaction() as session:
        members.remove(session, owner.workspace_id, user_id=admin.user_id)
    assert admin.get("/workspace").status_code == 401


def test_a_revoked_key_opens_nothing(owner: Client, member: Client, runtime: Runtime) -> None:
    listed = (owner.get("/api-keys").json or {})["items"]
    (key_id,) = [key["id"] for key in listed if key["name"] == "member"]
    assert owner.delete(f"/api-keys/{key_id}").status_code == 204
    assert member.get("/workspace").status_code == 401
    assert owner.delete(f"/api-keys/{key_id}").status_code == 204


def test_nobody_gives_more_than_he_has(owner: Client, app: Flask) -> None:
    body = {"name": "half", "scopes": ["settings", "read"]}
    half = Client(
        app, (owner.post("/api-keys", body).json or {})["key"], owner.workspace_id, owner.user_id
    )
    assert half.post("/contacts", {"email": "a@example.com"}).status_code == 403
    refused = half.post("/api-keys", {"name": "whole", "scopes": ["read", "send"]})
    assert refused.status_code == 403
    assert "send" in (refused.json or {})["detail"]
    assert half.post("/api-keys", body).status_code == 201


def test_the_text_of_a_key_is_shown_once_and_kept_nowhere(
    owner: Client, database: Database
) -> None:
    made = owner.post("/api-keys", {"name": "machine", "scopes": ["read"]})
    text = (made.json or {})["key"]
    assert re.fullmatch(r"pf_[0-9a-f]{32}_[0-9a-f]{48}", text)
    secret = text.rpartition("_")[2]
    assert secret not in owner.get("/api-keys").text
    with database.reading() as session:
        for key in session.scalars(select(ApiKey)):
            assert secret not in repr(vars(key))


def test_the_use_of_a_key_is_noted_once_a_minute(
    owner: Client, runtime: Runtime, clock: Any
) -> None:
    def noted() -> Any:
        with runtime.database.reading() as session:
            return session.scalars(select(ApiKey.last_used_at)).one()

    start = clock.time
    assert noted() is None
    owner.get("/workspace")
    assert noted() == start
    clock.turn(seconds=59)
    owner.get("/workspace")
    assert noted() == start
    clock.turn(seconds=1)
    owner.get("/workspace")
    assert noted() == start + timedelta(minutes=1)


def test_keys_list_is_paged(owner: Client, runtime: Runtime) -> None:
    with runtime.database.transaction() as session:
        for number in range(3):
            keys.make(
                session,
                owner.workspace_id,
                user_id=owner.user_id,
                name=str(number),
                scopes=["read"],
                now=runtime.now(),
            )
    pages = [owner.get(f"/api-keys?per_page=3&page={page}").json or {} for page in (1, 2, 3)]
    ids = [key["id"] for page in pages for key in page["items"]]
    assert [len(page["items"]) for page in pages] == [3, 1, 0]
    assert ids == sorted(set(ids))
    assert {page["total"] for page in pages} == {4}
