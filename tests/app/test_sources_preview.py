"""A real row and what would become of it; and where the values of a contact came from."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.runtime import Runtime
from app.sources.runs import running
from tests.app.conftest import Client, on_sqlite
from tests.app.form_site import FormSite, with_forms
from tests.app.pulling import connected, person
from tests.app.test_sources_trial import everything
from tests.connectors.site import Response


@pytest.fixture
def site(runtime: Runtime, owner: Client) -> Iterator[FormSite]:
    with with_forms(runtime, owner) as made:
        yield made


def preview(site: FormSite, **asked: Any) -> dict[str, Any]:
    done = site.owner.post(f"{site.path}/preview", asked)
    assert done.status_code == 200, done.json
    found: dict[str, Any] = done.json
    return found | {"by_key": {one["key"]: one for one in found["fields"]}}


def test_a_row_before_anything_was_pulled(site: FormSite) -> None:
    site.owner.post("/fields", {"key": "size", "label": "Size", "kind": "number"})
    site.fill(1, "7", Email="A@x.com", First_name="Anna", Size="40,5", I_agree="on")
    before = everything(site.runtime)
    found = preview(site)
    assert (found["outcome"], found["email"], found["form"]) == ("create", "A@x.com", "7")
    assert found["by_key"]["first_name"]["value"] == "Anna"
    assert found["by_key"]["7.Size"]["target"] == ""
    assert found["consents"][0]["text"] == "I agree"
    mapped = preview(site, mapping={"7.Size": "fields.size", "7.First name": "fields.size"})
    assert mapped["by_key"]["7.Size"]["value"] == "40.5"
    assert everything(site.runtime) == before


def test_which_lists_and_tags_it_would_bring(site: FormSite) -> None:
    site.fill(1, "7", Email="a@x.com", I_agree="on")
    site.settle(add_lists=["Everybody"], options={"tag_forms": True})
    site.owner.post(f"{site.path}/runs", {"dry": True})
    running.run_due(site.runtime)
    ruled = site.owner.patch(f"{site.path}/forms/7", {"add_tags": ["Seven"], "add_lists": ["News"]})
    assert ruled.status_code == 200, ruled.text
    found = preview(site)
    assert (found["lists"], "Seven" in found["tags"]) == (["Everybody", "News"], True), found
    assert len(found["tags"]) == 2, "and the form's name, which the row itself says"
    site.owner.patch(f"{site.path}/forms/7", {"enabled": False})
    left_out = preview(site)
    assert (left_out["outcome"], left_out["lists"], left_out["tags"]) == (
        "rejected_by_mapping",
        [],
        [],
    )
    nothing = site.owner.post(f"{site.path}/preview", {"form": "99"})
    assert (nothing.status_code, "None of the first rows" in nothing.text) == (404, True)


def test_a_value_that_does_not_fit(site: FormSite) -> None:
    site.owner.post("/fields", {"key": "size", "label": "Size", "kind": "number"})
    site.fill(1, "7", Email="a@x.com", Size="large")
    field = preview(site, mapping={"7.Size": "fields.size"})["by_key"]["7.Size"]
    assert (field["raw"], field["value"], field["error"]) == ("large", "", "It is not a number.")
    assert field["is_written"] is False


def test_whom_it_would_meet(site: FormSite) -> None:
    made = site.owner.post("/contacts", {"email": "a@x.com", "first_name": "Api"}).json
    site.fill(1, "7", Email="a@x.com", First_name="Form", Last_name="Berg")
    found = preview(site)
    assert (found["outcome"], found["contact_id"]) == ("update", made["id"])
    assert found["by_key"]["first_name"]["known"] == "Api"
    assert found["by_key"]["first_name"]["is_written"] is True
    site.owner.patch(f"/contacts/{made['id']}", {"first_name": "Mine"})
    site.settle(policies={"last_name": "never"})
    kept = preview(site)
    assert kept["outcome"] == "keep"
    assert not any(one["is_written"] for one in kept["fields"])


def test_rows_of_a_form_one_after_the_other(site: FormSite) -> None:
    site.fill(1, "7", Email="a@x.com")
    site.fill(2, "8", Email="b@x.com")
    site.fill(3, "8", Email="nobody")
    assert preview(site, form="8")["email"] == "b@x.com"
    last = preview(site, form="8", skip=1)
    assert (last["email"], last["outcome"]) == ("nobody", "invalid_email")
    assert site.owner.post(f"{site.path}/preview", {"form": "9"}).status_code == 404
    assert site.owner.post(f"{site.path}/preview", {"skip": 3}).status_code == 404


def test_a_mapping_that_makes_no_sense_is_told_before_it_is_set(site: FormSite) -> None:
    site.fill(1, "7", Email="a@x.com", Nick="Ann")
    refused = site.owner.post(f"{site.path}/preview", {"mapping": {"7.Nick": "fields.nope"}})
    assert (refused.status_code, refused.json["errors"][0]["where"]) == (422, "mapping.7.Nick")


def test_missing_fields_are_created_on_the_way(site: FormSite) -> None:
    site.fill(1, "7", Email="a@x.com", Shoe_size="40")
    site.pull()
    mapping = {"7.Shoe size": "fields.shoe_size"}
    assert site.owner.patch(site.path, {"mapping": mapping}).status_code == 422
    site.settle(mapping=mapping, create_fields=True)
    site.rule("7", mapping={"7.Shoe size": "fields.size_7"}, create_fields=True)
    labels = {one["key"]: one["label"] for one in site.owner.get("/fields").json["items"]}
    assert labels == {"shoe_size": "Form no. 7: Shoe size", "size_7": "Form no. 7: Shoe size"}
    site.pull()
    assert site.contacts()["a@x.com"].fields == {"size_7": "40"}
    wrong = {"mapping": {"7.Shoe size": "fields.Shoe"}, "create_fields": True}
    assert site.owner.patch(f"{site.path}/forms/7", wrong).status_code == 422


@on_sqlite
def test_a_site_that_is_not_well(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id, [person(1)]) as world:
        world.trouble = lambda request: Response(500)
        done = owner.post(f"/connections/{world.connection_id}/preview", {})
        assert done.status_code == 409
        assert "trouble" in done.json["detail"]


@on_sqlite
def test_others_see_no_rows(site: FormSite, outsider: Client, viewer: Client) -> None:
    assert outsider.post(f"{site.path}/preview", {}).status_code == 404
    assert viewer.post(f"{site.path}/preview", {}).status_code == 403


def origins(owner: Client, contact_id: Any) -> dict[str, dict[str, Any]]:
    found = owner.get(f"/contacts/{contact_id}/origins").json["items"]
    return {one["field"]: one for one in found}


def test_where_values_came_from(runtime: Runtime, owner: Client, outsider: Client) -> None:
    people = [person(1, first_name="Anna", last_name="Berg", locale="de")]
    with connected(runtime, owner.workspace_id, people) as world:
        world.pull()
        contact = world.contacts()["p1@example.com"]
        found = origins(owner, contact.id)
        assert set(found) == {"first_name", "last_name", "language"}
        assert {one["source"] for one in found.values()} == {"wordpress_users"}
        assert found["language"]["site"].startswith("http://127.0.0.1")
        owner.patch(f"/contacts/{contact.id}", {"first_name": "Mine"})
        owner.post("/contacts/upsert", {"email": "p1@example.com", "company": "C"})
        people[0]["last_name"] = "New"
        world.pull()
        found = origins(owner, contact.id)
        assert {name: one["by"] for name, one in found.items()} == {
            "first_name": "person",
            "last_name": "site",
            "language": "site",
            "company": "api",
        }
        assert found["company"]["connection_id"] is None
        assert found["last_name"]["connection_id"] == str(world.connection_id)
        assert outsider.get(f"/contacts/{contact.id}/origins").status_code == 404
        owner.delete(f"/sites/{world.site_id}")
        assert origins(owner, contact.id)["last_name"]["source"] == ""


def test_two_sources_of_one_contact(runtime: Runtime, owner: Client, site: FormSite) -> None:
    site.fill(1, "7", Email="p1@example.com", Phone="123")
    site.pull()
    with connected(runtime, owner.workspace_id, [person(1, first_name="Anna")]) as world:
        world.pull()
        contact = world.contacts()["p1@example.com"]
        found = origins(owner, contact.id)
        assert {name: one["source"] for name, one in found.items()} == {
            "phone": "sureforms",
            "first_name": "wordpress_users",
        }
