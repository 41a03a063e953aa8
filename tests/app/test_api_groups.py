"""Mailing lists, tags and custom fields over the API."""

from typing import Any

import pytest

from app.contacts.fields import RESERVED
from tests.app.conftest import Client, on_sqlite
from tests.app.test_api_contacts import made, seen

BOTH = pytest.mark.parametrize("plural", ["lists", "tags"])


@BOTH
def test_one_life(owner: Client, plural: str) -> None:
    answer = owner.post(f"/{plural}", {"name": " News ", "description": "a\nb"})
    assert answer.status_code == 201
    group: dict[str, Any] = answer.json or {}
    path = f"/{plural}/{group['id']}"
    assert (group["name"], group["description"], group["contact_count"]) == ("News", "a\nb", 0)
    assert owner.get(path).json == group
    changed = owner.patch(path, {"name": "Letters"}).json or {}
    assert (changed["name"], changed["description"]) == ("Letters", "a\nb")
    assert owner.delete(path).status_code == 204
    assert owner.get(path).status_code == 404


@BOTH
def test_a_name_is_taken_once(owner: Client, plural: str) -> None:
    owner.post(f"/{plural}", {"name": "News"})
    other = (owner.post(f"/{plural}", {"name": "Other"}).json or {})["id"]
    assert owner.post(f"/{plural}", {"name": "News"}).status_code == 409
    taken = owner.patch(f"/{plural}/{other}", {"name": "News"})
    assert taken.status_code == 409
    assert "News" in (taken.json or {})["detail"]
    assert owner.patch(f"/{plural}/{other}", {"name": "Other"}).status_code == 200


@BOTH
def test_one_contact_comes_and_goes(owner: Client, plural: str) -> None:
    contact = made(owner)
    group = owner.post(f"/{plural}", {"name": "News"}).json or {}
    path = f"/contacts/{contact['id']}/{plural}/{group['id']}"
    for _ in range(2):
        assert owner.post(path).status_code == 204
    assert seen(owner, contact["id"])[plural] == [{"id": group["id"], "name": "News"}]
    assert (owner.get(f"/{plural}/{group['id']}").json or {})["contact_count"] == 1
    for _ in range(2):
        assert owner.delete(path).status_code == 204
    assert seen(owner, contact["id"])[plural] == []


@BOTH
def test_many_contacts_come_and_go(owner: Client, plural: str) -> None:
    ids = [made(owner, f"c{number}@example.com")["id"] for number in range(4)]
    group = (owner.post(f"/{plural}", {"name": "News"}).json or {})["id"]
    add, remove = (f"/{plural}/{group}/contacts/{verb}" for verb in ("add", "remove"))
    assert owner.post(add, {"contact_ids": ids[:2]}).json == {"changed": 2}
    assert owner.post(add, {"contact_ids": [*ids, *ids]}).json == {"changed": 2}
    assert owner.post(remove, {"contact_ids": ids[1:]}).json == {"changed": 3}
    assert owner.post(remove, {"contact_ids": ids[1:]}).json == {"changed": 0}
    assert seen(owner, ids[0])[plural] == [{"id": group, "name": "News"}]
    unknown = "00000000-0000-0000-0000-000000000000"
    refused = owner.post(remove, {"contact_ids": [ids[0], unknown]})
    assert refused.status_code == 422
    assert [one["where"] for one in (refused.json or {})["errors"]] == ["contact_ids.1"]
    assert (owner.get(f"/{plural}/{group}").json or {})["contact_count"] == 1


@BOTH
def test_deleting_leaves_the_contacts(owner: Client, plural: str) -> None:
    contact = made(owner, **{plural: ["News"]})
    (group,) = contact[plural]
    owner.delete(f"/{plural}/{group['id']}")
    assert seen(owner, contact["id"])[plural] == []


@on_sqlite
@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/lists", {}, "name"),
        ("/lists", {"name": " "}, "name"),
        ("/lists", {"name": "x" * 256}, "name"),
        ("/lists", {"name": "a\nb"}, "name"),
        ("/lists", {"name": "x", "color": "#000000"}, "color"),
        ("/tags", {"name": "x", "color": "red"}, "color"),
        ("/tags", {"name": "x", "color": "#00000g"}, "color"),
        ("/tags", {"name": "x", "description": "\x1b[31m"}, "description"),
        ("/fields", {"key": "Size", "label": "x"}, "key"),
        ("/fields", {"key": "1size", "label": "x"}, "key"),
        ("/fields", {"key": "x" * 65, "label": "x"}, "key"),
        ("/fields", {"key": "si-ze", "label": "x"}, "key"),
        ("/fields", {"key": "size\n", "label": "x"}, "key"),
        ("/fields", {"key": "size"}, "label"),
        *(("/fields", {"key": key, "label": "x"}, "key") for key in sorted(RESERVED)),
    ],
)
def test_bad_input_is_named(owner: Client, path: str, body: dict[str, Any], where: str) -> None:
    answer = owner.post(path, body)
    assert answer.status_code == 422
    assert [one["where"] for one in (answer.json or {})["errors"]] == [where]
    assert (owner.get(path).json or {})["total"] == 0


def test_a_field_has_one_life(owner: Client) -> None:
    field = owner.post("/fields", {"key": "size", "label": "Size"}).json or {}
    owner.post("/fields", {"key": "colour", "label": "Colour"})
    assert owner.post("/fields", {"key": "size", "label": "Again"}).status_code == 409
    path = f"/fields/{field['id']}"
    assert (owner.patch(path, {"label": "Shoe size"}).json or {})["label"] == "Shoe size"
    with_it = made(owner, "a@example.com", fields={"size": "41", "colour": "red"})
    without = made(owner, "b@example.com", fields={"colour": "blue"})
    assert owner.delete(path).status_code == 204
    assert owner.get(path).status_code == 404
    assert seen(owner, with_it["id"])["fields"] == {"colour": "red"}
    assert seen(owner, without["id"])["fields"] == {"colour": "blue"}
    gone = owner.patch(f"/contacts/{with_it['id']}", {"fields": {"size": "42"}})
    assert gone.status_code == 422


def test_deleting_a_field_leaves_other_workspaces(owner: Client, outsider: Client) -> None:
    for client in (owner, outsider):
        client.post("/fields", {"key": "size", "label": "Size"})
    hers = made(outsider, fields={"size": "41"})
    (field,) = (owner.get("/fields").json or {})["items"]
    owner.delete(f"/fields/{field['id']}")
    assert seen(outsider, hers["id"])["fields"] == {"size": "41"}


def test_lists_are_paged(owner: Client) -> None:
    for name in "abc":
        owner.post("/lists", {"name": name})
    page = owner.get("/lists?per_page=2&page=2").json or {}
    assert ([one["name"] for one in page["items"]], page["total"]) == (["c"], 3)
