"""The first minute of an installation, and who may stay."""

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select

from app.db import Database
from app.errors import Conflict, Invalid, NotFound
from app.rules import roles
from app.workspaces import access, founding, keys, members, passwords
from app.workspaces.models import ROLES, SCOPES, Member, Organization, User, Workspace
from tests.conftest import TurnableClock

WORDS = {
    "email": "Ada@Example.com",
    "organization": "Engines",
    "workspace": "Letters",
    "password": "correct horse battery",
}


def test_what_is_founded_can_be_used(database: Database, clock: TurnableClock) -> None:
    with database.transaction() as session:
        workspace, user, text = founding.found(session, **WORDS, now=clock())
    with database.reading() as session:
        principal = access.authenticate(session, text, clock())
        kept = session.scalars(select(User)).one()
    assert (principal.workspace_id, principal.user_id) == (workspace.id, user.id)
    assert (principal.role, principal.scopes) == ("owner", frozenset(SCOPES))
    assert kept.email == "ada@example.com"
    assert passwords.is_right("correct horse battery", kept.password_hash)
    assert not passwords.is_right("Correct horse battery", kept.password_hash)
    assert "correct" not in kept.password_hash


def test_the_second_time_changes_nothing(database: Database, clock: TurnableClock) -> None:
    with database.transaction() as session:
        founding.found(session, **WORDS, now=clock())
    with pytest.raises(Conflict), database.transaction() as session:
        founding.found(session, **{**WORDS, "email": "eve@example.com"}, now=clock())
    with database.reading() as session:
        for table in (Organization, Workspace, User, Member):
            assert session.scalar(select(func.count()).select_from(table)) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "nobody"},
        {"password": "short"},
        {"organization": " "},
        {"workspace": "a\nb"},
        {"workspace": "x" * 256},
    ],
)
def test_bad_words_found_nothing(
    sqlite_database: Database, clock: TurnableClock, wrong: dict[str, str]
) -> None:
    with pytest.raises(Invalid), sqlite_database.transaction() as session:
        founding.found(session, **{**WORDS, **wrong}, now=clock())
    with sqlite_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 0


def test_the_last_owner_stays(database: Database, clock: TurnableClock) -> None:
    with database.transaction() as session:
        workspace, ada, _ = founding.found(session, **WORDS, now=clock())
        eve = members.user(session, "eve@example.com", now=clock())
        members.add(session, workspace.id, user_id=eve.id, role="admin", now=clock())
    with pytest.raises(Conflict), database.transaction() as session:
        members.change_role(session, workspace.id, user_id=ada.id, role="admin")
    with pytest.raises(Conflict), database.transaction() as session:
        members.remove(session, workspace.id, user_id=ada.id)
    with database.transaction() as session:
        members.change_role(session, workspace.id, user_id=eve.id, role="owner")
        members.change_role(session, workspace.id, user_id=ada.id, role="viewer")
    with pytest.raises(Conflict), database.transaction() as session:
        members.remove(session, workspace.id, user_id=eve.id)


def test_members_that_cannot_be(database: Database, clock: TurnableClock) -> None:
    with database.transaction() as session:
        workspace, ada, _ = founding.found(session, **WORDS, now=clock())
        eve = members.user(session, "eve@example.com", now=clock())
    with pytest.raises(Conflict), database.transaction() as session:
        members.add(session, workspace.id, user_id=ada.id, role="member", now=clock())
    with pytest.raises(Invalid), database.transaction() as session:
        members.add(session, workspace.id, user_id=eve.id, role="king", now=clock())
    with pytest.raises(NotFound), database.transaction() as session:
        members.change_role(session, workspace.id, user_id=eve.id, role="member")


def test_a_user_without_a_password_cannot_log_in(sqlite_database: Database) -> None:
    assert not passwords.is_right("", "")
    assert not passwords.is_right("anything", "")
    assert not passwords.is_right("anything", "not a hash")


def test_passwords_are_hashed_as_the_rfc_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher())
    kept = passwords.hash_password("correct horse battery")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_key_without_bounds_still_ends_at_the_role(
    database: Database, clock: TurnableClock
) -> None:
    with database.transaction() as session:
        workspace, _, _ = founding.found(session, **WORDS, now=clock())
        eve = members.user(session, "eve@example.com", now=clock())
        members.add(session, workspace.id, user_id=eve.id, role="viewer", now=clock())
        _, text = keys.make(
            session, workspace.id, user_id=eve.id, name="all", scopes=SCOPES, now=clock()
        )
    with database.reading() as session:
        assert access.authenticate(session, text, clock()).scopes == {"read"}


def test_every_role_has_its_scopes() -> None:
    assert {role: sorted(roles.scopes(role)) for role in ROLES} == {
        "owner": ["read", "send", "settings", "write"],
        "admin": ["read", "send", "settings", "write"],
        "member": ["read", "send", "write"],
        "viewer": ["read"],
    }
    assert roles.scopes("king") == frozenset()
