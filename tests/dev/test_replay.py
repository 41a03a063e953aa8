"""A recorded site answers as it was recorded, with pages made up from the rows at hand."""

import json
import xmlrpc.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.dev.replay import RecordedSite, load
from app.errors import Invalid
from tests.connectors.site import RECORDED_SITE
from tests.waiting import PATIENCE

EDIT = {"context": "edit", "orderby": "id", "order": "asc"}


@pytest.fixture(scope="module")
def site() -> Iterator[RecordedSite]:
    made = RecordedSite(load(RECORDED_SITE)).start()
    yield made
    made.stop()


def ask(
    site: RecordedSite, route: str, query: Any = (), password: str | None = ""
) -> requests.Response:
    login = None if password is None else (site.username, password or site.password)
    return requests.get(f"{site.url}/wp-json/{route}", query, auth=login, timeout=PATIENCE)


def call(site: RecordedSite, method: str, *values: Any) -> Any:
    body = xmlrpc.client.dumps((1, site.username, *values), method).encode()
    answer = requests.post(f"{site.url}/xmlrpc.php", body, timeout=PATIENCE)
    assert answer.headers["Content-Type"].startswith("text/xml")
    return xmlrpc.client.loads(answer.text)[0][0]


def test_pages_are_made_up_from_the_rows_at_hand(site: RecordedSite) -> None:
    pages = [
        ask(site, "wp/v2/users", {**EDIT, "per_page": 5, "page": page}) for page in range(1, 5)
    ]
    ids = [row["id"] for page in pages for row in page.json()]
    assert ids == sorted(row["id"] for row in site.rows["/wp/v2/users"])
    assert {page.headers["X-WP-Total"] for page in pages} == {str(len(ids))}
    assert pages[0].headers["X-WP-TotalPages"] == "3"
    assert (pages[3].status_code, pages[3].json()) == (200, [])


def test_too_many_rows_at_once(site: RecordedSite) -> None:
    answer = ask(site, "wp/v2/users", {**EDIT, "per_page": 101})
    assert (answer.status_code, answer.json()["code"]) == (400, "rest_invalid_param")


def test_only_the_fields_that_are_asked_for(site: RecordedSite) -> None:
    (row,) = ask(site, "wp/v2/users", {**EDIT, "per_page": 1, "_fields": "id,email,nope"}).json()
    assert set(row) == {"id", "email"}


@pytest.mark.parametrize(
    ("route", "code"),
    [
        ("wp/v2/users?context=edit", "rest_forbidden_context"),
        ("wc/v3/customers?per_page=1", "woocommerce_rest_cannot_view"),
        ("fluentform/v1/submissions?form_id=1", "rest_forbidden"),
        ("fluent-crm/v2/subscribers", "rest_forbidden"),
        ("fluent-crm/v2/lists", "rest_forbidden"),
    ],
)
def test_strangers_are_refused_as_recorded(site: RecordedSite, route: str, code: str) -> None:
    answer = ask(site, route, password=None)
    assert (answer.status_code, answer.json()["code"]) == (401, code)


def test_a_wrong_password_is_refused_as_recorded(site: RecordedSite) -> None:
    told = json.loads((RECORDED_SITE / "wp_users/10-bad-password.json").read_text("utf-8"))
    answer = ask(site, "wp/v2/users/me", password="wrong")
    assert answer.json() == told["response"]["body_json"]


def test_the_recording_that_fits_best(site: RecordedSite) -> None:
    root = ask(site, "", {"_fields": "name,namespaces"}).json()
    assert "wc/v3" in root["namespaces"]
    assert ask(site, "fluent-crm/v2/lists").json()["pagination"] == {"total": 3}
    absent = ask(site, "wp-abilities/v1/abilities/wpforms/search-entries/run", {"input[limit]": 1})
    assert (absent.status_code, absent.json()["code"]) == (404, "rest_ability_not_found")
    assert ask(site, "nope/v1/x").json()["code"] == "rest_no_route"


@pytest.mark.parametrize(
    ("when", "count"),
    [
        ({"modified_after": "2026-11-22T04:32:37", "dates_are_gmt": "true"}, 1),
        ({"modified_after": "2026-11-22T05:32:37"}, 1),
        ({"modified_after": "2026-11-22T04:32:37Z"}, 1),
        ({"modified_after": "2026-11-22T04:32:37Z", "dates_are_gmt": "true"}, 0),
    ],
)
def test_orders_by_what_changed(site: RecordedSite, when: dict[str, str], count: int) -> None:
    """The last form is the trap: a zone and the flag together find nothing, with status 200."""
    orders = site.rows["/wc/v3/orders"]
    late = [order for order in orders if order["date_modified_gmt"] > "2026-11-22T04:32:37"]
    found = ask(site, "wc/v3/orders", {**when, "per_page": 100}).json()
    assert len(found) == len(late) * count


def test_submissions_come_in_an_envelope(site: RecordedSite) -> None:
    body = ask(site, "fluentform/v1/submissions", {"per_page": 5, "sort_by": "ASC"}).json()
    ids = [row["id"] for row in body["data"]]
    assert ids == sorted(ids)
    kept = [row for row in site.rows["/fluentform/v1/submissions"] if row["status"] != "trashed"]
    assert (body["total"], body["last_page"]) == (len(kept), -(-len(kept) // 5))
    trash = ask(site, "fluentform/v1/submissions", {"entry_type": "trashed"}).json()
    assert trash["total"] == len(site.rows["/fluentform/v1/submissions"]) - len(kept) > 0


def test_subscribers_last_changed_first(site: RecordedSite) -> None:
    query = {"per_page": 100, "sort_by": "updated_at", "sort_type": "DESC"}
    found = ask(site, "fluent-crm/v2/subscribers", query).json()["subscribers"]["data"]
    dates = [row["updated_at"] or "" for row in found]
    assert dates == sorted(dates, reverse=True)


def test_entries_by_ability(site: RecordedSite) -> None:
    base = "wp-abilities/v1/abilities/sureforms"
    listed = ask(site, f"{base}/list-entries/run", {"input[per_page]": 100, "input[order]": "ASC"})
    ids = [entry["id"] for entry in listed.json()["entries"]]
    assert ids == sorted(site.entries.entries)
    some = ask(site, f"{base}/bulk-get-entries/run", {"input[entry_ids][]": [*ids[:3], 999]}).json()
    assert [entry["id"] for entry in some["entries"]] == ids[:3]
    assert len(some["errors"]) == 1
    many = ask(site, f"{base}/bulk-get-entries/run", {"input[entry_ids][]": list(range(51))})
    assert (many.status_code, many.json()["code"]) == (400, "srfm_too_many_entry_ids")
    assert ask(site, f"{base}/list-entries/run").json()["code"] == "ability_invalid_input"


def test_posts_by_xml_rpc(site: RecordedSite) -> None:
    wanted = {"post_type": "flamingo_inbound", "number": 4, "orderby": "ID", "order": "ASC"}
    pages = [
        call(site, "wp.getPosts", site.password, {**wanted, "offset": offset}, ["post_id"])
        for offset in range(0, 24, 4)
    ]
    ids = [post["post_id"] for page in pages for post in page]
    assert len(ids) == len(set(ids)) > 10
    assert ids == sorted(ids, key=int)
    spam = call(site, "wp.getPosts", site.password, {**wanted, "post_status": "flamingo-spam"})
    assert {post["post_status"] for post in spam} == {"flamingo-spam"}


@pytest.mark.parametrize(("password", "kind"), [("wrong", "flamingo_inbound"), ("", "nothing")])
def test_xml_rpc_says_no_in_its_own_way(site: RecordedSite, password: str, kind: str) -> None:
    with pytest.raises(xmlrpc.client.Fault) as fault:
        call(site, "wp.getPosts", password or site.password, {"post_type": kind})
    assert fault.value.faultCode == 403


def test_a_folder_without_recordings(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no recordings"):
        load(tmp_path)
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(Invalid, match="not JSON"):
        load(tmp_path)


def test_the_folder_of_one_source() -> None:
    assert {one.source for one in load(RECORDED_SITE / "wp_users")} == {"wp_users"}
