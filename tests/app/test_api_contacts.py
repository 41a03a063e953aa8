"""Contacts over the API: create, find, fill up, edit, remove."""

from typing import Any

import pytest

from app.contacts.models import CONTACT_FIELDS
from tests.app.conftest import Client, on_sqlite


def made(owner: Client, email: str = "ada@example.com", **values: Any) -> dict[str, Any]:
    answer = owner.post("/contacts", {"email": email, **values})
    assert answer.status_code == 201, answer.json
    found: dict[str, Any] = answer.json or {}
    return found


def seen(owner: Client, contact_id: str) -> dict[str, Any]:
    found: dict[str, Any] = owner.get(f"/contacts/{contact_id}").json or {}
    return found


def emails(owner: Client, **query: Any) -> list[str]:
    answer = owner.get("/contacts", query_string=query)
    assert answer.status_code == 200, answer.json
    return [one["email"] for one in (answer.json or {})["items"]]


def test_a_contact_is_created_and_read_back(owner: Client) -> None:
    contact = made(owner, first_name="Ada", lists=["News"], tags=["vip", "vip"])
    assert contact == seen(owner, contact["id"])
    assert contact["status"] == "active"
    assert contact["source"] == "api"
    assert contact["first_name"] == "Ada"
    assert [one["name"] for one in contact["lists"]] == ["News"]
    assert [one["name"] for one in contact["tags"]] == ["vip"]
    assert set(CONTACT_FIELDS) <= set(contact)
    assert contact["created_at"] == "2026-11-22T12:00:00Z"


def test_an_address_is_one_contact_however_it_is_spelled(owner: Client) -> None:
    contact = made(owner, "Ada@Bücher.example")
    assert contact["email"] == "Ada@Bücher.example"
    again = owner.post("/contacts", {"email": "aDA@xn--bcher-kva.example"})
    assert again.status_code == 409
    for spelling in ("ada@bücher.example", "ADA@XN--BCHER-KVA.EXAMPLE"):
        found = owner.get(f"/contacts/by-email/{spelling}")
        assert found.status_code == 200
        assert (found.json or {})["id"] == contact["id"]


def test_an_address_with_a_slash_is_found(owner: Client) -> None:
    made(owner, "a/b//c@example.com")
    assert owner.get("/contacts/by-email/a%2Fb%2F%2Fc@example.com").status_code == 200


@pytest.mark.parametrize("email", ["nobody@example.com", "not an address", "%00"])
def test_an_unknown_address_is_a_404(owner: Client, email: str) -> None:
    assert owner.get(f"/contacts/by-email/{email}").status_code == 404


def test_the_list_is_paged_in_a_stable_order(owner: Client) -> None:
    for number in range(5):
        made(owner, f"c{number}@example.com")
    first = owner.get("/contacts?per_page=2").json or {}
    assert (first["total"], first["page"], first["per_page"]) == (5, 1, 2)
    pages = [emails(owner, per_page=2, page=page) for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    found = [email for page in pages for email in page]
    assert found == [f"c{number}@example.com" for number in range(5)]


@on_sqlite
@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "per_page=501",
        "per_page=0",
        "page=x",
        "page=99999999999999999999",
        "pages=1",
        "status=asleep",
        "list=nowhere",
        "tag=00000000-0000-0000-0000-000000000000",
        "q=%00",
    ],
)
def test_a_list_that_cannot_be_is_refused(owner: Client, query: str) -> None:
    answer = owner.get(f"/contacts?{query}")
    assert answer.status_code == 422
    place = query.partition("=")[0]
    assert {one["where"].partition(".")[0] for one in (answer.json or {})["errors"]} == {place}


def test_contacts_are_searched_and_filtered(owner: Client) -> None:
    ada = made(owner, "ada@example.com", first_name="Ada", last_name="Lovelace", tags=["vip"])
    made(owner, "e@example.com", first_name="Éva", company="100% Pure_Ltd", lists=["News"])
    made(owner, "g@example.org", first_name="Grace", tags=["vip"], lists=["News"])
    assert emails(owner, q="LOVE ada") == ["ada@example.com"]
    assert emails(owner, q="éVA") == ["e@example.com"]
    assert emails(owner, q="100%") == ["e@example.com"]
    assert emails(owner, q="pure_") == ["e@example.com"]
    assert emails(owner, q="_dа%") == []
    assert emails(owner, q="example.org") == ["g@example.org"]
    assert emails(owner, tag="vip") == ["ada@example.com", "g@example.org"]
    assert emails(owner, tag=ada["tags"][0]["id"], list="News") == ["g@example.org"]
    owner.patch(f"/contacts/{ada['id']}/status", {"status": "unsubscribed"})
    assert emails(owner, status="unsubscribed") == ["ada@example.com"]
    assert emails(owner, status="active", tag="vip") == ["g@example.org"]


def test_upsert_creates_then_fills_up(owner: Client) -> None:
    owner.post("/fields", {"key": "size", "label": "Size"})
    body = {"email": "ada@example.com", "first_name": "Ada", "fields": {"size": "M"}}
    first = owner.post("/contacts/upsert", {**body, "lists": ["News"], "tags": ["a"]})
    assert first.status_code == 201
    second = owner.post(
        "/contacts/upsert",
        {
            "email": "ADA@example.com",
            "first_name": "",
            "last_name": "Lovelace",
            "city": None,
            "fields": {"size": ""},
            "lists": [],
            "tags": ["b"],
        },
    )
    assert second.status_code == 200
    contact = second.json or {}
    assert contact["id"] == (first.json or {})["id"]
    assert (contact["first_name"], contact["last_name"]) == ("Ada", "Lovelace")
    assert contact["fields"] == {"size": "M"}
    assert [one["name"] for one in contact["lists"]] == ["News"]
    assert [one["name"] for one in contact["tags"]] == ["a", "b"]


def test_an_upsert_of_nothing_new_changes_nothing(owner: Client, clock: Any) -> None:
    body = {"email": "ada@example.com", "first_name": "Ada", "tags": ["a"]}
    first = owner.post("/contacts/upsert", body).json
    clock.turn(hours=1)
    assert owner.post("/contacts/upsert", body).json == first
    changed = owner.post("/contacts/upsert", {**body, "first_name": "Augusta"}).json or {}
    assert changed["updated_at"] == "2026-11-22T13:00:00Z"


@on_sqlite
@pytest.mark.parametrize("verb", ["/contacts", "/contacts/upsert"])
@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a@b.example\r\nBcc: c@d.example"}, "email"),
        ({"email": None}, "email"),
        ({"email": 5}, "email"),
        ({"email": f"{'x' * 100_000}@example.com"}, "email"),
        ({"first_name": "Ada\r\nBcc: eve@example.com"}, "first_name"),
        ({"first_name": "Ada\nLovelace"}, "first_name"),
        ({"first_name": "Ada\u2028Lovelace"}, "first_name"),
        ({"first_name": "x" * 100_000}, "first_name"),
        ({"last_name": "a\x00b"}, "last_name"),
        ({"company": "\udcff"}, "company"),
        ({"company": ["a"]}, "company"),
        ({"fields": {"unknown": "x"}}, "fields.unknown"),
        ({"fields": {"unknown": ""}}, "fields.unknown"),
        ({"fields": []}, "fields"),
        ({"lists": "News"}, "lists"),
        ({"lists": [""]}, "lists.0"),
        ({"lists": ["ok", "00000000-0000-0000-0000-000000000000"]}, "lists.1"),
        ({"tags": ["a\nb"]}, "tags.0"),
        ({"tags": ["x" * 100_000]}, "tags.0"),
        ({"tags": [str(n) for n in range(101)]}, "tags"),
        ({"status": "asleep"}, "status"),
        ({"workspace_id": "00000000-0000-0000-0000-000000000000"}, "workspace_id"),
        ({"id": "00000000-0000-0000-0000-000000000000"}, "id"),
    ],
)
def test_bad_input_is_named_and_leaves_nothing(
    owner: Client, verb: str, values: dict[str, Any], where: str
) -> None:
    answer = owner.post(verb, {"email": "ada@example.com", **values})
    assert answer.status_code == 422
    assert [one["where"] for one in (answer.json or {})["errors"]] == [where]
    assert emails(owner) == []
    assert (owner.get("/tags").json or {})["total"] == 0


def test_the_missing_address_is_named(owner: Client) -> None:
    answer = owner.post("/contacts", {})
    assert answer.status_code == 422
    assert [one["where"] for one in (answer.json or {})["errors"]] == ["email"]


def test_unicode_comes_back_as_it_went(owner: Client) -> None:
    name = "مُحَمَّد 👩‍👩‍👧 Ñandú 李"
    contact = made(owner, first_name=name)
    assert seen(owner, contact["id"])["first_name"] == name


def test_an_edit_replaces_erases_and_is_remembered(owner: Client) -> None:
    owner.post("/fields", {"key": "size", "label": "Size"})
    owner.post("/fields", {"key": "colour", "label": "Colour"})
    contact = made(owner, first_name="Ada", city="London", fields={"size": "M", "colour": "red"})
    assert contact["edited"] == []
    answer = owner.patch(
        f"/contacts/{contact['id']}",
        {"first_name": "Augusta", "city": None, "fields": {"size": ""}},
    )
    assert answer.status_code == 200
    edited = seen(owner, contact["id"])
    assert (edited["first_name"], edited["city"]) == ("Augusta", "")
    assert edited["fields"] == {"colour": "red"}
    assert edited["edited"] == ["city", "first_name", "size"]


def test_an_edit_of_an_unknown_field_is_refused(owner: Client) -> None:
    contact = made(owner)
    answer = owner.patch(f"/contacts/{contact['id']}", {"fields": {"nope": "x"}})
    assert answer.status_code == 422
    assert seen(owner, contact["id"]) == contact


def test_a_rename_is_refused_where_somebody_lives(owner: Client) -> None:
    ada, eve = made(owner, "ada@example.com"), made(owner, "eve@example.com")
    taken = owner.patch(f"/contacts/{ada['id']}", {"email": "EVE@example.com"})
    assert taken.status_code == 409
    free = owner.patch(f"/contacts/{ada['id']}", {"email": "lovelace@example.com"})
    assert free.status_code == 200
    assert emails(owner) == ["lovelace@example.com", eve["email"]]
    spelling = owner.patch(f"/contacts/{eve['id']}", {"email": "Eve@Example.com"})
    assert (spelling.json or {})["email"] == "Eve@Example.com"
    assert owner.get("/contacts/by-email/ada@example.com").status_code == 404


def test_a_deleted_contact_is_gone(owner: Client) -> None:
    contact = made(owner, lists=["News"], tags=["vip"])
    assert owner.delete(f"/contacts/{contact['id']}").status_code == 204
    assert owner.get(f"/contacts/{contact['id']}").status_code == 404
    assert owner.delete(f"/contacts/{contact['id']}").status_code == 404
    (news,) = (owner.get("/lists").json or {})["items"]
    assert news["contact_count"] == 0


def test_the_address_can_come_back_after_deleting(owner: Client) -> None:
    owner.delete(f"/contacts/{made(owner)['id']}")
    assert made(owner)["status"] == "active"
