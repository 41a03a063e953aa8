"""Who may be written to is decided per source, and what shows it is kept."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.runtime import Runtime
from tests.app.conftest import Client, on_sqlite
from tests.app.form_site import FormSite, with_forms
from tests.app.pulling import connected, person
from tests.connectors.conformance.cases import CASES, when


@pytest.fixture
def site(runtime: Runtime, owner: Client) -> Iterator[FormSite]:
    with with_forms(runtime, owner) as made:
        yield made


def proofs(site: FormSite, address: str) -> list[dict[str, Any]]:
    found = site.owner.get(f"/contacts/{site.contacts()[address].id}/consents")
    assert found.status_code == 200
    items: list[dict[str, Any]] = found.json["items"]
    assert found.json["total"] == len(items)
    return items


def test_a_box_that_was_ticked_is_kept_with_its_words_and_time(site: FormSite) -> None:
    site.fill(1, "7", Email="a@x.com", I_agree="on")
    site.pull()
    (proof,) = proofs(site, "a@x.com")
    assert (proof["is_yes"], proof["way"], proof["source"]) == (True, "checkbox", "sureforms")
    assert (proof["form"], proof["form_title"], proof["row"]) == ("7", "Form no. 7", "1")
    assert (proof["text"], proof["value"]) == ("I agree", "on")
    assert proof["site"].startswith("http://127.0.0.1")
    # Berlin, in winter
    assert proof["said_at"] == when(1).replace("-03-01 00", "-02-28T23").replace(" ", "T") + "Z"


def test_a_proof_is_kept_once_and_a_new_one_beside_it(site: FormSite) -> None:
    site.fill(1, "7", Email="a@x.com", I_agree="on")
    site.pull()
    site.pull(full=True)
    site.rule("7", add_tags=["x"])
    site.pull()
    assert len(proofs(site, "a@x.com")) == 1
    site.fill(2, "8", Email="a@x.com", I_agree="on")
    site.pull()
    assert [proof["form"] for proof in proofs(site, "a@x.com")] == ["8", "7"]


def test_a_box_that_was_not_ticked(site: FormSite) -> None:
    site.fill(1, "7", Email="a@x.com", I_agree="")
    assert site.pull().skipped == {"no_consent": 1}
    site.settle(options={"require_consent": False})
    assert site.pull().created == 1
    (proof,) = proofs(site, "a@x.com")
    assert (proof["is_yes"], proof["value"]) == (False, "")


def test_who_agrees_in_a_field(site: FormSite) -> None:
    site.fill(1, "7", Email="old@x.com", Newsletter="no")
    site.pull()
    consent = {"basis": "field", "field": "7.Newsletter", "text": "Send me news"}
    site.rule("7", consent=consent)
    site.fill(2, "7", Email="yes@x.com", Newsletter="Yes, please")
    site.fill(3, "7", Email="no@x.com", Newsletter="No")
    site.fill(4, "7", Email="none@x.com")
    run = site.pull()
    assert run.skipped == {"no_consent": 3}
    (proof,) = proofs(site, "yes@x.com")
    assert (proof["way"], proof["text"]) == ("field", "Send me news")
    assert (proof["field"], proof["value"]) == ("7.Newsletter", "Yes, please")
    assert site.contacts()["old@x.com"].status == "active"  # being left out is no "no"


def test_only_certain_words_agree_and_the_others_wait(site: FormSite) -> None:
    site.fill(1, "7", Email="x@x.com", Choice="-")
    site.pull()
    consent = {"basis": "field", "field": "7.Choice", "yes": ["Mail"], "otherwise": "pending"}
    site.rule("7", consent=consent)
    site.fill(2, "7", Email="mail@x.com", Choice="mail")
    site.fill(3, "7", Email="post@x.com", Choice="post")
    site.pull()
    found = site.contacts()
    assert (found["mail@x.com"].status, found["post@x.com"].status) == ("active", "pending")
    assert [proof["is_yes"] for proof in proofs(site, "post@x.com")] == [False]


def test_a_no_here_is_not_undone_by_a_box(site: FormSite) -> None:
    site.fill(1, "7", Email="a@x.com", I_agree="on")
    site.pull()
    contact = site.contacts()["a@x.com"]
    site.owner.patch(f"/contacts/{contact.id}/status", {"status": "unsubscribed"})
    site.fill(2, "8", Email="a@x.com", I_agree="on")
    site.rule("7", consent={"basis": "everyone", "text": "because"})
    site.pull()
    assert site.contacts()["a@x.com"].status == "unsubscribed"
    assert len(proofs(site, "a@x.com")) == 3
    site.owner.delete(f"/contacts/{contact.id}")
    site.pull(full=True)
    assert site.contacts()["a@x.com"].status == "unsubscribed"


def test_customers_may_be_written_to_for_a_reason(runtime: Runtime, owner: Client) -> None:
    people = [person(1), person(2, "")]
    with connected(runtime, owner.workspace_id, people) as world:
        reason = "Customers get offers for things like those they bought."
        path = f"/connections/{world.connection_id}"
        done = owner.patch(path, {"consent": {"basis": "everyone", "text": reason}})
        assert done.json["consent"]["basis"] == "everyone"
        world.pull()
        contact = world.contacts()["p1@example.com"]
        (proof,) = owner.get(f"/contacts/{contact.id}/consents").json["items"]
        assert (proof["way"], proof["text"], proof["said_at"]) == ("reason", reason, None)
        assert owner.patch(path, {"consent": None}).json["consent"] is None
        assert world.pull().kept == 1


def test_a_status_at_fluentcrm_is_a_proof_and_a_no_there_comes_here(
    runtime: Runtime, owner: Client
) -> None:
    case = next(one for one in CASES if one.key == "fluentcrm")
    stage = case.stage(2)
    with with_forms(runtime, owner, "fluentcrm", stage) as site:
        site.pull()
        (proof,) = proofs(site, "person1@example.com")
        assert (proof["way"], proof["value"], proof["is_yes"]) == ("status", "subscribed", True)
        row = case.rows(stage)[0]
        row["status"], row["updated_at"] = "unsubscribed", when(500)
        site.pull()
        assert site.contacts()["person1@example.com"].status == "unsubscribed"
        newest = proofs(site, "person1@example.com")[0]
        assert (newest["value"], newest["is_yes"]) == ("unsubscribed", False)
        row["status"], row["updated_at"] = "subscribed", when(600)
        site.pull()
        assert site.contacts()["person1@example.com"].status == "unsubscribed"


@on_sqlite
def test_proofs_outlive_the_site_and_are_nobody_else_s(site: FormSite, outsider: Client) -> None:
    site.fill(1, "7", Email="a@x.com", I_agree="on")
    site.pull()
    path = f"/contacts/{site.contacts()['a@x.com'].id}/consents"
    assert outsider.get(path).status_code == 404
    site_id = site.owner.get(site.path).json["site_id"]
    assert site.owner.delete(f"/sites/{site_id}").status_code == 200
    assert site.owner.get(path).json["total"] == 1
