"""Every form can be read by its own rule; those without one are read by the default."""

from collections.abc import Iterator

import pytest

from app.runtime import Runtime
from tests.app.conftest import Client, on_sqlite
from tests.app.form_site import FormSite, with_forms
from tests.conftest import TurnableClock


@pytest.fixture
def site(runtime: Runtime, owner: Client) -> Iterator[FormSite]:
    with with_forms(runtime, owner) as made:
        yield made


def test_forms_turn_up_in_the_rows(site: FormSite) -> None:
    site.fill(1, "7", Email="a@x.com", Nick="Ann")
    site.fill(2, "8", Email="b@x.com")
    site.pull()
    forms = site.owner.get(f"{site.path}/forms").json
    assert forms["total"] == 2
    first = forms["items"][0]
    assert (first["key"], first["title"], first["follows_default"]) == ("7", "Form no. 7", True)
    keys = {field["key"] for field in first["fields"]}
    assert {"7.Nick", "7.Email", "first_name"} <= keys
    assert not any(key.startswith("8.") for key in keys)


def test_a_form_is_called_what_it_is_called_now(site: FormSite) -> None:
    site.fill(1, "7", Email="a@x.com")
    site.pull()
    entry = site.stage.answers.entries.entries[1]
    entry["form_name"] = "Renamed"
    site.pull(full=True)
    assert [one["title"] for one in site.owner.get(f"{site.path}/forms").json["items"]] == [
        "Renamed"
    ]


def test_fields_of_one_form_are_mapped(site: FormSite) -> None:
    site.fill(1, "7", Email="a@x.com", Nick="Ann", First_name="Guessed")
    site.fill(2, "8", Email="b@x.com", Nick="Ben", First_name="Guessed")
    site.pull()
    site.rule("7", mapping={"7.Nick": "first_name", "last_name": "company"})
    run = site.pull()
    assert (run.updated, run.kept) == (1, 1)
    found = site.contacts()
    assert (found["a@x.com"].first_name, found["b@x.com"].first_name) == ("Ann", "Guessed")


def test_the_field_with_the_address_can_be_chosen(site: FormSite) -> None:
    site.fill(1, "7", Email="a@x.com", Other_mail="other@x.com")
    site.pull()
    assert set(site.contacts()) == {"a@x.com"}
    site.rule("7", email_field="7.Other mail")
    site.fill(2, "7", Email="b@x.com", Other_mail="second@x.com")
    site.fill(3, "7", Email="c@x.com", Other_mail="")
    run = site.pull()
    assert "second@x.com" in site.contacts()
    assert run.skipped == {"no_email": 1}


def test_lists_and_tags_come_and_go_with_forms(site: FormSite) -> None:
    site.fill(1, "7", Email="a@x.com")
    site.fill(2, "8", Email="x@x.com")
    site.pull()
    site.rule("7", add_lists=["Leads"], add_tags=["lead"])
    site.rule("8", add_tags=["customer"], remove_lists=["Leads"], remove_tags=["lead"])
    site.pull()
    assert site.groups("a@x.com") == ({"Leads"}, {"lead"})
    site.fill(3, "8", Email="a@x.com")
    site.pull()
    assert site.groups("a@x.com") == (set(), {"customer"})


def test_a_form_takes_away_only_what_the_connection_gave(site: FormSite) -> None:
    site.fill(1, "7", Email="a@x.com")
    site.pull()
    contact = site.contacts()["a@x.com"]
    tag = site.owner.post("/tags", {"name": "vip"}).json["id"]
    added = site.owner.post(f"/tags/{tag}/contacts/add", {"contact_ids": [str(contact.id)]})
    assert added.status_code == 200, added.json
    site.rule("7", remove_tags=["vip"])
    site.pull()
    assert site.groups("a@x.com") == (set(), {"vip"})


def test_an_older_submission_still_brings_its_lists(site: FormSite) -> None:
    site.fill(1, "7", Email="a@x.com", First_name="Old")
    site.fill(2, "8", Email="a@x.com", First_name="New")
    site.pull()
    site.rule("7", add_lists=["Seven"])
    site.rule("8", add_lists=["Eight"])
    site.pull()
    assert site.groups("a@x.com") == ({"Seven", "Eight"}, set())
    assert site.contacts()["a@x.com"].first_name == "New"


def test_new_forms_follow_the_default(site: FormSite, clock: TurnableClock) -> None:
    site.settle(form_rule={"enabled": False, "add_tags": ["form"]})
    site.fill(1, "7", Email="a@x.com")
    assert site.pull().skipped == {"rejected_by_mapping": 1}
    rule = site.rule("7", enabled=True)
    assert (rule["follows_default"], len(rule["add_tags"])) == (False, 1)
    site.fill(2, "8", Email="b@x.com")
    run = site.pull()
    assert (run.created, run.skipped) == (1, {"rejected_by_mapping": 1})
    assert site.groups("a@x.com") == (set(), {"form"})
    clock.turn(seconds=1)
    site.owner.delete(f"{site.path}/forms/7")
    assert site.owner.get(f"{site.path}/forms").json["items"][0]["follows_default"] is True
    assert site.pull().skipped == {"rejected_by_mapping": 2}
    assert "a@x.com" in site.contacts()


@pytest.mark.parametrize("turns", [{}, {"full": True}])
def test_a_second_run_changes_nothing(
    site: FormSite, clock: TurnableClock, turns: dict[str, bool]
) -> None:
    site.fill(1, "7", Email="a@x.com", I_agree="on")
    site.fill(2, "8", Email="a@x.com", Nick="Ann")
    site.pull()
    site.rule("7", add_lists=["Leads"], mapping={"7.Email": "company"})
    site.pull()
    before = site.contacts()["a@x.com"].updated_at
    clock.turn(minutes=1)
    run = site.pull(**turns)
    assert run.kept == run.seen
    assert site.contacts()["a@x.com"].updated_at == before


@on_sqlite
@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"email_field": "8.Email"}, "email_field"),
        ({"mapping": {"8.Nick": "first_name"}}, "mapping.8.Nick"),
        ({"mapping": {"7.Nick": "fields.nope"}}, "mapping.7.Nick"),
        ({"consent": {"basis": "field", "field": "8.Nick"}}, "consent.field"),
        ({"consent": {"basis": "everyone"}}, "consent.text"),
        ({"consent": {"basis": "anybody"}}, "consent.basis"),
        ({"enabled": "yes"}, "enabled"),
    ],
)
def test_rules_that_make_no_sense(site: FormSite, values: dict[str, object], place: str) -> None:
    site.fill(1, "7", Email="a@x.com", Nick="Ann")
    site.fill(2, "8", Email="b@x.com", Nick="Ben")
    site.pull()
    refused = site.owner.patch(f"{site.path}/forms/7", values)
    assert refused.status_code == 422
    assert [one["where"] for one in refused.json["errors"]] == [place]


@on_sqlite
def test_a_form_that_nobody_met(site: FormSite) -> None:
    assert site.owner.patch(f"{site.path}/forms/99", {"enabled": False}).status_code == 404
    assert site.owner.delete(f"{site.path}/forms/99").status_code == 404


@on_sqlite
def test_strangers_see_no_forms(site: FormSite, outsider: Client, viewer: Client) -> None:
    assert outsider.get(f"{site.path}/forms").status_code == 404
    assert viewer.get(f"{site.path}/forms").status_code == 200
    assert viewer.patch(f"{site.path}/forms/7", {"enabled": False}).status_code == 403
