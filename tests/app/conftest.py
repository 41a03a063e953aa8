"""A running pressferry for tests: an owner, a member, a viewer, and an outsider with her own."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from app.db import Database
from app.runtime import Runtime
from app.vault import Vault
from app.workspaces import founding, keys, members, passwords
from app.workspaces.models import SCOPES
from tests.conftest import TurnableClock

#: For tables of input that never reaches the database: once is enough.
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass
class Client:
    """Asks the API with one key; paths are those after /api/v1."""

    app: Flask
    key: str
    workspace_id: UUID
    user_id: UUID

    def ask(self, method: str, path: str, json: Any = None, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.key}", **more.pop("headers", {})}
        if json is not None:
            more["json"] = json
        return self.app.test_client().open(
            f"/api/v1{path}", method=method, headers=headers, buffered=True, **more
        )

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.ask("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> TestResponse:
        return self.ask("POST", path, json, **more)

    def patch(self, path: str, json: Any = None, **more: Any) -> TestResponse:
        return self.ask("PATCH", path, json, **more)

    def delete(self, path: str, **more: Any) -> TestResponse:
        return self.ask("DELETE", path, **more)


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 8, 1))


@pytest.fixture
def runtime(database: Database, clock: TurnableClock) -> Runtime:
    """What every face is handed; on SQLite and on PostgreSQL."""
    return Runtime(
        database=database,
        vault=Vault(["a master key for tests"]),
        now=clock,
        base_url="http://127.0.0.1:8080",
        allow_private=True,
    )


@pytest.fixture
def app(web: Flask, runtime: Runtime) -> Iterator[Flask]:
    """The web application."""
    before = web.extensions["pressferry"]
    web.extensions["pressferry"] = runtime
    yield web
    web.extensions["pressferry"] = before


def _settle(app: Flask, name: str) -> Client:
    runtime: Runtime = app.extensions["pressferry"]
    with runtime.database.transaction() as session:
        workspace, user, key = founding.establish(
            session,
            email=f"{name}@example.com",
            organization=f"{name}'s",
            workspace=f"{name}'s",
            password="correct horse battery",
            now=runtime.now(),
        )
    return Client(app, key, workspace.id, user.id)


def _join(owner: Client, role: str) -> Client:
    runtime: Runtime = owner.app.extensions["pressferry"]
    now = runtime.now()
    with runtime.database.transaction() as session:
        user = members.user(session, f"{role}@example.com", now=now)
        members.add(session, owner.workspace_id, user_id=user.id, role=role, now=now)
        _, key = keys.make(
            session, owner.workspace_id, user_id=user.id, name=role, scopes=SCOPES, now=now
        )
    return Client(owner.app, key, owner.workspace_id, user.id)


@pytest.fixture
def owner(app: Flask) -> Client:
    """May do everything in the first workspace."""
    return _settle(app, "owner")


@pytest.fixture
def admin(owner: Client) -> Client:
    """May do everything in the first workspace, too."""
    return _join(owner, "admin")


@pytest.fixture
def member(owner: Client) -> Client:
    """Works in the first workspace, but has no say in its settings."""
    return _join(owner, "member")


@pytest.fixture
def viewer(owner: Client) -> Client:
    """May look at the first workspace."""
    return _join(owner, "viewer")


@pytest.fixture
def outsider(app: Flask) -> Client:
    """The owner of another workspace."""
    return _settle(app, "outsider")
