"""What a run makes of a site's people: created, filled up, renamed, left alone."""

from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.contacts import edit, fields, groups
from app.contacts.groups import LISTS, TAGS
from app.contacts.models import Contact, ContactList, ContactTag, Suppression
from app.dev.people import distinct_addresses
from app.runtime import Runtime
from app.sources import connections
from app.sources.models import SourceRow
from tests.app.conftest import Client
from tests.app.pulling import World, connected, person
from tests.conftest import TurnableClock


def everything(world: World) -> list[Any]:
    """Every row that a second run must leave alone."""
    with world.runtime.database.reading() as session:
        return [
            sorted(tuple(map(str, row)) for row in session.execute(select(kind.__table__)))
            for kind in (Contact, SourceRow, ContactList, ContactTag, Suppression)
        ]


def test_everybody_comes_in_once(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, 300) as world:
        run = world.pull()
        assert set(world.contacts()) == distinct_addresses(world.people)
        assert (run.state, run.seen, run.created, run.pages) == ("succeeded", 300, 296, 3)
        assert run.skipped == {"no_email": 1, "invalid_email": 2, "duplicate": 1}
        assert {one.status for one in world.contacts().values()} == {"active"}
        assert {one.source for one in world.contacts().values()} == {"wordpress"}


def test_a_second_run_changes_nothing(
    runtime: Runtime, owner: Client, clock: TurnableClock
) -> None:
    with connected(runtime, owner.workspace_id, 300) as world:
        first = world.pull()
        before = everything(world)
        clock.turn(hours=1)
        run = world.pull()
        assert (run.created, run.updated, run.kept) == (0, 0, 296)
        assert run.skipped == first.skipped
        assert everything(world) == before


def test_odd_names_come_in_right(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, 300) as world:
        world.pull()
        found = world.contacts()
    assert found["person23@mail.example.net"].first_name == "Tom & Jerry"
    assert found["person27@example.com"].last_name == "Bold"
    assert found["person31@example.org"].first_name == "محمد"
    assert found["person35@mail.example.net"].first_name == "👩‍👩‍👧 Emoji"
    assert found["person11@example.com"].email == "PERSON11@EXAMPLE.COM"
    assert found["joerg19@xn--bcher-kva.example"].email == "joerg19@bücher.example"
    assert found["person15+news@example.org"].status == "active"


def test_what_changed_at_the_site_changes_here(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, [person(1), person(2)]) as world:
        world.pull()
        world.people[0]["first_name"] = "New"
        run = world.pull()
        assert (run.updated, run.kept) == (1, 1)
        assert world.contacts()["p1@example.com"].first_name == "New"


def test_empty_never_erases(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, [person(1)]) as world:
        world.pull()
        world.people[0]["first_name"] = ""
        run = world.pull()
        assert (run.updated, run.kept) == (0, 1)
        assert world.contacts()["p1@example.com"].first_name == "First1"


def test_a_person_s_edit_outranks_the_site(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, [person(1)]) as world:
        world.pull()
        contact = world.contacts()["p1@example.com"]
        owner.patch(f"/contacts/{contact.id}", {"first_name": "Mine"})
        world.people[0] |= {"first_name": "Theirs", "last_name": "Too"}
        world.pull()
        found = world.contacts()["p1@example.com"]
        assert (found.first_name, found.last_name) == ("Mine", "Too")


@pytest.mark.parametrize("status", ["unsubscribed", "bounced", "complained", "invalid"])
def test_a_no_stays_a_no(runtime: Runtime, owner: Client, status: str) -> None:
    with connected(runtime, owner.workspace_id, [person(1)]) as world:
        world.pull()
        contact = world.contacts()["p1@example.com"]
        owner.patch(f"/contacts/{contact.id}/status", {"status": status})
        world.people[0]["first_name"] = "New"
        world.pull()
        found = world.contacts()["p1@example.com"]
        assert (found.status, found.first_name) == (status, "New")


def test_somebody_deleted_comes_back_but_never_active_after_a_no(
    runtime: Runtime, owner: Client
) -> None:
    with connected(runtime, owner.workspace_id, [person(1), person(2)]) as world:
        world.pull()
        found = world.contacts()
        said_no, merely_gone = found["p1@example.com"], found["p2@example.com"]
        owner.patch(f"/contacts/{said_no.id}/status", {"status": "unsubscribed"})
        owner.delete(f"/contacts/{said_no.id}")
        owner.delete(f"/contacts/{merely_gone.id}")
        run = world.pull()
        assert run.created == 2
        statuses = {address: one.status for address, one in world.contacts().items()}
        assert statuses == {"p1@example.com": "unsubscribed", "p2@example.com": "active"}


def test_an_address_suppressed_by_hand_is_never_active(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, [person(1)]) as world:
        with runtime.database.transaction() as session:
            session.add(
                Suppression(
                    workspace_id=owner.workspace_id,
                    address="p1@example.com",
                    reason="manual",
                    created_at=runtime.now(),
                )
            )
        world.pull()
        assert world.contacts()["p1@example.com"].status == "unsubscribed"


def test_another_address_at_the_site_is_a_rename(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, [person(1)]) as world:
        world.pull()
        before = world.contacts()["p1@example.com"]
        world.people[0]["email"] = "New@example.com"
        run = world.pull()
        (found,) = world.contacts().values()
        assert (found.id, found.email, found.address) == (
            before.id,
            "New@example.com",
            "new@example.com",
        )
        assert (run.created, run.updated) == (0, 1)


def test_a_no_goes_along_with_a_rename(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, [person(1)]) as world:
        world.pull()
        contact = world.contacts()["p1@example.com"]
        owner.patch(f"/contacts/{contact.id}/status", {"status": "unsubscribed"})
        world.people[0]["email"] = "new@example.com"
        world.pull()
        found = world.contacts()["new@example.com"]
        assert found.status == "unsubscribed"
        owner.delete(f"/contacts/{found.id}")
        world.pull()
        assert world.contacts()["new@example.com"].status == "unsubscribed"


def test_a_rename_to_an_address_that_said_no_closes(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, [person(1)]) as world:
        with runtime.database.transaction() as session:
            values = {"email": "no@example.com", "status": "complained"}
            gone = edit.create(session, owner.workspace_id, values, source="api", now=runtime.now())
            edit.remove(session, owner.workspace_id, gone.id)
        world.pull()
        world.people[0]["email"] = "no@example.com"
        world.pull()
        assert world.contacts()["no@example.com"].status == "complained"


def test_a_rename_to_an_address_somebody_has_goes_to_that_contact(
    runtime: Runtime, owner: Client
) -> None:
    other = owner.post("/contacts", {"email": "other@example.com"}).json or {}
    with connected(runtime, owner.workspace_id, [person(1)]) as world:
        world.pull()
        world.people[0]["email"] = "OTHER@example.com"
        run = world.pull()
        found = world.contacts()
        assert set(found) == {"p1@example.com", "other@example.com"}
        assert str(found["other@example.com"].id) == other["id"]
        assert found["other@example.com"].first_name == "First1"
        assert (run.state, run.updated) == ("succeeded", 1)
        world.people[0]["first_name"] = "Later"
        world.pull()
        found = world.contacts()
        assert found["other@example.com"].first_name == "Later"
        assert found["p1@example.com"].first_name == "First1"


def test_addresses_that_move_on_within_a_page(runtime: Runtime, owner: Client) -> None:
    """The address that one lets go is taken by the next."""
    with connected(runtime, owner.workspace_id, [person(1), person(2), person(3)]) as world:
        world.pull()
        before = world.contacts()
        for row, mail in zip(world.people, ("p0", "p1", "p2"), strict=True):
            row["email"] = f"{mail}@example.com"
        run = world.pull()
        found = world.contacts()
        assert (run.state, run.updated) == ("succeeded", 3)
        assert {address: one.id for address, one in found.items()} == {
            "p0@example.com": before["p1@example.com"].id,
            "p1@example.com": before["p2@example.com"].id,
            "p2@example.com": before["p3@example.com"].id,
        }


def test_a_contact_that_one_row_leaves_may_be_another_s(runtime: Runtime, owner: Client) -> None:
    owner.post("/contacts", {"email": "other@example.com"})
    with connected(runtime, owner.workspace_id, [person(1)]) as world:
        world.pull()
        world.people[0]["email"] = "other@example.com"
        world.people.append(person(2, "p1@example.com"))
        run = world.pull()
        assert (run.updated, run.skipped) == (2, {})
        assert world.contacts()["p1@example.com"].first_name == "First2"


def test_the_first_row_with_an_address_stands_for_it(runtime: Runtime, owner: Client) -> None:
    rows = [person(1, "a@example.com"), person(2, "A@EXAMPLE.COM"), person(3)]
    with connected(runtime, owner.workspace_id, rows) as world:
        for number in range(2):
            run = world.pull()
            assert run.skipped == {"duplicate": 1}, number
            assert world.contacts()["a@example.com"].first_name == "First1"
            assert world.contacts()["a@example.com"].email == "a@example.com"


def test_contacts_that_are_here_already_are_filled_up(runtime: Runtime, owner: Client) -> None:
    owner.post("/contacts/upsert", {"email": "P1@example.com", "city": "Berlin"})
    with connected(runtime, owner.workspace_id, [person(1)]) as world:
        run = world.pull()
        (found,) = world.contacts().values()
        assert (run.created, run.updated) == (0, 1)
        assert (found.first_name, found.city, found.source) == ("First1", "Berlin", "api")


def test_new_contacts_get_the_status_the_connection_says(runtime: Runtime, owner: Client) -> None:
    owner.post("/contacts", {"email": "p2@example.com"})
    with connected(runtime, owner.workspace_id, [person(1), person(2)]) as world:
        world.change(new_contact_status="pending")
        world.pull()
        statuses = {address: one.status for address, one in world.contacts().items()}
        assert statuses == {"p1@example.com": "pending", "p2@example.com": "active"}


def configure(world: World, **values: Any) -> None:
    with world.runtime.database.transaction() as session:
        connections.change(
            session, world.workspace_id, world.connection_id, values, now=world.runtime.now()
        )


def attached(world: World, kind: Any, name: str) -> set[UUID]:
    with world.runtime.database.reading() as session:
        (group,) = session.scalars(select(kind.model).where(kind.model.name == name))
        rows = session.scalars(select(kind.link).where(kind.group_id == group.id))
        found = {row.contact_id: row.connection_id for row in rows}
    assert set(found.values()) <= {world.connection_id}
    return set(found)


def test_lists_and_tags_are_added(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, [person(1), person(2)]) as world:
        world.pull()
        configure(world, add_lists=["Readers"], add_tags=["from the site"])
        run = world.pull()
        everybody = {one.id for one in world.contacts().values()}
        assert attached(world, LISTS, "Readers") == everybody
        assert attached(world, TAGS, "from the site") == everybody
        assert run.updated == 2
        world.people.append(person(3))
        world.pull()
        assert len(attached(world, LISTS, "Readers")) == 3


def test_a_list_that_was_removed_meanwhile_does_no_harm(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, [person(1)]) as world:
        configure(world, add_lists=["Gone"])
        with runtime.database.transaction() as session:
            (gone,) = groups.listed(session, owner.workspace_id, LISTS, number=1, per_page=5).items
            groups.remove(session, owner.workspace_id, LISTS, gone.id)
        assert world.pull().state == "succeeded"


def test_the_mapping_decides_where_fields_go(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, [person(1, roles=["customer"])]) as world:
        with runtime.database.transaction() as session:
            fields.create(session, owner.workspace_id, key="role", label="Role", now=runtime.now())
        mapping = {"roles": "fields.role", "first_name": "company", "username": ""}
        configure(world, mapping=mapping)
        world.pull()
        found = world.contacts()["p1@example.com"]
        assert (found.company, found.first_name, found.fields) == (
            "First1",
            "",
            {"role": "customer"},
        )
        owner.patch(f"/contacts/{found.id}", {"fields": {"role": "mine"}})
        world.people[0]["roles"] = ["author"]
        world.pull()
        assert world.contacts()["p1@example.com"].fields == {"role": "mine"}


def test_a_custom_field_that_was_removed_meanwhile_does_no_harm(
    runtime: Runtime, owner: Client
) -> None:
    with connected(runtime, owner.workspace_id, [person(1, roles=["customer"])]) as world:
        made = owner.post("/fields", {"key": "role", "label": "Role"}).json or {}
        configure(world, mapping={"roles": "fields.role"})
        owner.delete(f"/fields/{made['id']}")
        assert world.pull().state == "succeeded"
        assert world.contacts()["p1@example.com"].fields == {}


def test_another_workspace_is_not_touched(
    runtime: Runtime, owner: Client, outsider: Client
) -> None:
    theirs = outsider.post("/contacts", {"email": "p1@example.com"}).json or {}
    with connected(runtime, owner.workspace_id, [person(1)]) as world:
        run = world.pull()
        assert run.created == 1
    after = outsider.get(f"/contacts/{theirs['id']}").json or {}
    assert (after["first_name"], after["updated_at"]) == ("", theirs["updated_at"])
    assert (outsider.get("/contacts").json or {})["total"] == 1


def test_two_sites_make_one_contact(runtime: Runtime, owner: Client) -> None:
    with (
        connected(runtime, owner.workspace_id, [person(1, last_name="L")]) as first,
        connected(runtime, owner.workspace_id, [person(9, "P1@example.com")]) as second,
    ):
        first.pull()
        run = second.pull()
        assert (run.created, run.updated) == (0, 1)
        (found,) = first.contacts().values()
        assert (found.first_name, found.last_name) == ("First9", "L")
        assert Counter(first.pull().skipped) == Counter()


@pytest.mark.parametrize(
    "name", ["x" * 100_000, "broken \ud83d", "a\x00b", "A\r\nBcc: x@y.example"]
)
def test_no_name_breaks_a_run(runtime: Runtime, owner: Client, name: str) -> None:
    with connected(runtime, owner.workspace_id, [person(1, first_name=name)]) as world:
        assert world.pull().state == "succeeded"
        found = world.contacts()["p1@example.com"].first_name
        assert found.isprintable()
        assert 0 < len(found) <= 1000
