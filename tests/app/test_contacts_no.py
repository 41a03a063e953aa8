"""A "no" is never undone by a machine, outlives the contact, and is taken back only by a person."""

from itertools import product
from typing import Any

import pytest
from sqlalchemy import select

from app.contacts import suppression
from app.contacts.models import Suppression
from app.rules import consent
from app.runtime import Runtime
from sync.mapping import CLOSED
from tests.app.conftest import Client, on_sqlite
from tests.app.test_api_contacts import made, seen

REASONS = ("invalid", "bounced", "manual", "unsubscribed", "complained")


def say_no(runtime: Runtime, client: Client, address: str, reason: str, detail: str = "") -> int:
    with runtime.database.transaction() as session:
        return suppression.suppress(
            session, client.workspace_id, [address], reason, detail, runtime.now()
        )


def written_down(runtime: Runtime) -> dict[str, str]:
    with runtime.database.reading() as session:
        return {one.address: one.reason for one in session.scalars(select(Suppression))}


@pytest.mark.parametrize("status", sorted(CLOSED))
def test_no_survives_upsert_deletion_and_return(
    owner: Client, runtime: Runtime, status: str
) -> None:
    contact = made(owner)
    path = f"/contacts/{contact['id']}"
    assert (owner.patch(f"{path}/status", {"status": status}).json or {})["status"] == status
    again = owner.post("/contacts/upsert", {"email": "ADA@example.com", "status": "active"})
    assert (again.json or {})["status"] == status
    owner.delete(path)
    assert written_down(runtime) == {"ada@example.com": status}
    for verb in ("/contacts", "/contacts/upsert"):
        back = owner.post(verb, {"email": "Ada@example.com", "status": "active"})
        assert back.status_code == 201
        assert (back.json or {})["status"] == status
        owner.delete(f"/contacts/{(back.json or {})['id']}")


@pytest.mark.parametrize("back", ["active", "pending"])
def test_a_person_takes_a_no_back(owner: Client, runtime: Runtime, back: str) -> None:
    contact = made(owner)
    say_no(runtime, owner, "ada@example.com", "complained")
    assert seen(owner, contact["id"])["status"] == "complained"
    answer = owner.patch(f"/contacts/{contact['id']}/status", {"status": back})
    assert (answer.json or {})["status"] == back
    assert written_down(runtime) == {}


def test_a_person_may_weaken_a_no(owner: Client, runtime: Runtime) -> None:
    contact = made(owner)
    say_no(runtime, owner, "ada@example.com", "complained")
    answer = owner.patch(f"/contacts/{contact['id']}/status", {"status": "bounced"})
    assert (answer.json or {})["status"] == "bounced"
    assert written_down(runtime) == {"ada@example.com": "bounced"}


def test_a_contact_can_arrive_with_a_no(owner: Client, runtime: Runtime) -> None:
    assert made(owner, status="unsubscribed")["status"] == "unsubscribed"
    assert written_down(runtime) == {"ada@example.com": "unsubscribed"}


@on_sqlite
@pytest.mark.parametrize(("first", "then"), list(product(REASONS, REASONS)))
def test_the_stronger_no_stays(owner: Client, runtime: Runtime, first: str, then: str) -> None:
    """Contact and suppression always say the same."""
    contact = made(owner)
    assert say_no(runtime, owner, "ada@example.com", first) == 1
    say_no(runtime, owner, "ada@example.com", then)
    expected = first if REASONS.index(first) > REASONS.index(then) else then
    assert written_down(runtime) == {"ada@example.com": expected}
    assert seen(owner, contact["id"])["status"] == consent.status_for(expected)


def test_saying_no_again_changes_nothing(owner: Client, runtime: Runtime, clock: Any) -> None:
    contact = made(owner)
    assert say_no(runtime, owner, "ada@example.com", "bounced", "550 no such user") == 1
    before = seen(owner, contact["id"])
    clock.turn(days=1)
    assert say_no(runtime, owner, "ada@example.com", "bounced", "551 moved") == 0
    assert seen(owner, contact["id"]) == before
    with runtime.database.reading() as session:
        assert session.scalars(select(Suppression.detail)).all() == ["550 no such user"]


def test_many_at_once(owner: Client, runtime: Runtime) -> None:
    for number in range(3):
        made(owner, f"c{number}@example.com")
    addresses = [f"c{number}@example.com" for number in range(2500)]
    with runtime.database.transaction() as session:
        changed = suppression.suppress(
            session, owner.workspace_id, [*addresses, *addresses], "bounced", "", runtime.now()
        )
        assert changed == 3
        found = suppression.reasons(session, owner.workspace_id, [*addresses, "x@example.com"])
        assert found == dict.fromkeys(addresses, "bounced")
    assert len(written_down(runtime)) == 2500


def test_a_no_stays_within_its_workspace(owner: Client, outsider: Client, runtime: Runtime) -> None:
    mine, hers = made(owner), made(outsider)
    say_no(runtime, owner, "ada@example.com", "unsubscribed")
    assert seen(owner, mine["id"])["status"] == "unsubscribed"
    assert seen(outsider, hers["id"])["status"] == "active"
    with runtime.database.reading() as session:
        assert suppression.reasons(session, outsider.workspace_id, ["ada@example.com"]) == {}


def test_a_rename_carries_the_no_along(owner: Client, runtime: Runtime) -> None:
    contact = made(owner, status="unsubscribed")
    answer = owner.patch(f"/contacts/{contact['id']}", {"email": "new@example.com"})
    assert (answer.json or {})["status"] == "unsubscribed"
    assert written_down(runtime) == dict.fromkeys(
        ("ada@example.com", "new@example.com"), "unsubscribed"
    )


def test_a_rename_meets_the_no_that_waits_there(owner: Client, runtime: Runtime) -> None:
    contact = made(owner)
    say_no(runtime, owner, "gone@example.com", "bounced")
    answer = owner.patch(f"/contacts/{contact['id']}", {"email": "Gone@example.com"})
    assert (answer.json or {})["status"] == "bounced"


@pytest.mark.parametrize(
    ("known", "asked", "becomes"),
    [
        ("active", "pending", "active"),
        ("pending", "active", "active"),
        ("active", "bounced", "bounced"),
        ("bounced", "active", "bounced"),
        ("bounced", "unsubscribed", "unsubscribed"),
        ("complained", "unsubscribed", "complained"),
    ],
)
def test_contact_and_suppression_say_the_same(
    owner: Client, runtime: Runtime, known: str, asked: str, becomes: str
) -> None:
    made(owner, status=known)
    answer = owner.post("/contacts/upsert", {"email": "ada@example.com", "status": asked})
    assert (answer.json or {})["status"] == becomes
    no = {"ada@example.com": becomes} if becomes in CLOSED else {}
    assert written_down(runtime) == no


@pytest.mark.parametrize("status", ["pending", "active"])
def test_an_untrue_no_of_a_server_leaves_consent_as_it_was(
    owner: Client, runtime: Runtime, status: str
) -> None:
    contact = made(owner, status=status)
    say_no(runtime, owner, "ada@example.com", "invalid", "rcpt_to: 550 5.1.3 bad")
    say_no(runtime, owner, "ada@example.com", "bounced", "rcpt_to: 550 5.1.1 unknown")
    assert seen(owner, contact["id"])["status"] == "bounced"
    with runtime.database.transaction() as session:
        untrue = {"ada@example.com": "rcpt_to: 550 5.1.1 unknown"}
        suppression.take_back(session, owner.workspace_id, untrue, runtime.now())
    assert seen(owner, contact["id"])["status"] == status
    assert written_down(runtime) == {}
