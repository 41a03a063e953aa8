"""Sites, connections and runs over the API: in the words on the wire, and what is refused."""

from typing import Any

import pytest
from sqlalchemy import select

import connectors
from app.db import Database
from app.dev.people import make_people
from app.dev.wordpress import WordPressStandIn
from app.runtime import Runtime
from app.sources.models import Connection, Site
from app.sources.runs import running
from app.vault import Vault
from app.wsgi import create_app
from tests.app.conftest import Client, _settle, on_sqlite
from tests.app.pulling import connected
from tests.conftest import TurnableClock
from tests.connectors.site import Response, playing, recorded

SECRET = "abcd efgh ijkl"


def site(url: str = "http://127.0.0.1:9", **more: Any) -> dict[str, Any]:
    return {"url": url, "username": "admin", "application_password": SECRET, **more}


def made(answer: Any) -> dict[str, Any]:
    assert answer.status_code in (200, 201, 202), answer.text
    found: dict[str, Any] = answer.json
    return found


def test_from_the_site_to_contacts_in_the_words_on_the_wire(
    runtime: Runtime, owner: Client
) -> None:
    wordpress = WordPressStandIn(make_people(120)).start()
    try:
        body = site(wordpress.url, application_password=wordpress.password)
        site_id = made(owner.post("/sites", body))["id"]
        sources = made(owner.post(f"/sites/{site_id}/discover"))["sources"]
        ready = [one for one in sources if one["state"] == "ready"]
        assert [one["source"] for one in ready] == ["wordpress_users"]
        connections = made(owner.get(f"/sites/{site_id}/connections"))
        assert connections["total"] == 1
        connection = connections["items"][0]
        assert (connection["source"], connection["schedule"]) == ("wordpress_users", None)
        assert connection["id"] == ready[0]["connection_id"]
        started = owner.post(f"/connections/{connection['id']}/runs")
        assert started.status_code == 202
        assert made(started)["state"] == "queued"
        again = owner.post(f"/connections/{connection['id']}/runs")
        assert again.status_code == 409
        running.run_due(runtime)
        run = made(owner.get(f"/runs/{made(started)['id']}"))
        assert (run["state"], run["seen"], run["created"]) == ("succeeded", 120, 116)
        assert run["skipped"] == {"no_email": 1, "invalid_email": 2, "duplicate": 1}
        assert made(owner.get("/contacts"))["total"] == 116
        listed = made(owner.get(f"/connections/{connection['id']}/runs"))
        assert [one["id"] for one in listed["items"]] == [run["id"]]
        assert owner.post(f"/runs/{run['id']}/cancel").status_code == 409
    finally:
        wordpress.stop()


def test_a_queued_run_can_be_cancelled(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id) as world:
        run = made(owner.post(f"/connections/{world.connection_id}/runs", {"force": True}))
        assert run["force"] is True
        assert made(owner.post(f"/runs/{run['id']}/cancel"))["state"] == "cancelled"
        assert running.run_due(runtime) == 0
        assert world.contacts() == {}


def test_the_password_goes_in_and_never_comes_out(
    database: Database, runtime: Runtime, owner: Client
) -> None:
    answer = owner.post("/sites", site())
    site_id = made(answer)["id"]
    seen = [
        answer,
        owner.get("/sites"),
        owner.get(f"/sites/{site_id}"),
        owner.patch(f"/sites/{site_id}", {"name": "x"}),
        owner.post(f"/sites/{site_id}/discover"),
    ]
    for one in seen:
        assert SECRET not in one.text
        assert "secret" not in one.text
    with database.reading() as session:
        (row,) = session.scalars(select(Site))
    assert SECRET not in row.secret
    assert runtime.vault.open(row.secret) == SECRET


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (site("not a url"), "url"),
        (site("http://127.0.0.1:99999"), "url"),
        (site("ftp://example.com"), "url"),
        (site("https://user:pw@example.com"), "url"),
        (site("http://example.com"), "url"),
        (site("http://8.8.8.8"), "url"),
        (site("https://169.254.169.254"), "url"),
        (site(""), "url"),
        (site(username=""), "username"),
        (site(application_password=""), "application_password"),
        (site(application_password="a\x00b"), "application_password"),
        (site(username="a\r\nb"), "username"),
        (site(name="x" * 300), "name"),
        (site(nonsense=1), "nonsense"),
    ],
)
@on_sqlite
def test_what_is_no_site(owner: Client, body: dict[str, Any], place: str) -> None:
    answer = owner.post("/sites", body)
    assert answer.status_code == 422, answer.text
    assert place in [one["where"] for one in (answer.json or {})["errors"]]
    assert SECRET not in answer.text


@on_sqlite
def test_public_sites_on_plain_http_are_refused_with_the_way_out(owner: Client) -> None:
    detail = (owner.post("/sites", site("http://example.com")).json or {})["detail"]
    assert "https://" in detail
    assert "PRESSFERRY__NETWORK__ALLOW_HTTP" in detail


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://10.0.0.1", False),
        ("http://127.0.0.1:9", False),
        ("http://localhost:9", False),
        ("https://[::1]", False),
        ("https://8.8.8.8", True),
        ("http://8.8.8.8", True),
    ],
)
@on_sqlite
def test_what_the_operator_allows(
    database: Database, clock: TurnableClock, url: str, allowed: bool
) -> None:
    vault = Vault(["a master key for tests"])
    public = Runtime(database, vault, clock, "https://x.example", allow_http=True)
    answer = _settle(create_app(public), "owner").post("/sites", site(url))
    assert answer.status_code == (201 if allowed else 422), answer.text
    if not allowed:
        assert "PRESSFERRY__NETWORK__ALLOW_PRIVATE" in answer.text


def test_a_site_is_added_once(owner: Client, outsider: Client) -> None:
    there = made(owner.post("/sites", site("http://127.0.0.1:9/blog/")))["id"]
    again = owner.post("/sites", site("http://127.0.0.1:9//blog/wp-admin/"))
    assert (again.status_code, there in again.text) == (409, True), again.text
    other = made(owner.post("/sites", site("http://127.0.0.1:9/shop")))["id"]
    moved = owner.patch(f"/sites/{other}", {"url": "http://127.0.0.1:9/blog"})
    assert (moved.status_code, there in moved.text) == (409, True), moved.text
    assert outsider.post("/sites", site("http://127.0.0.1:9/blog")).status_code == 201


def test_another_host_needs_the_password_again(owner: Client) -> None:
    """Else whoever may change a site could have the stored password sent to her own server."""
    site_id = made(owner.post("/sites", site()))["id"]
    moved = {"url": "https://8.8.8.8"}
    answer = owner.patch(f"/sites/{site_id}", moved)
    assert answer.status_code == 422
    assert "application_password" in answer.text
    assert made(owner.get(f"/sites/{site_id}"))["url"] == "http://127.0.0.1:9"
    known = {**moved, "application_password": "another one"}
    assert made(owner.patch(f"/sites/{site_id}", known))["url"] == "https://8.8.8.8"


def test_only_settings_may_touch_sites(owner: Client, member: Client, viewer: Client) -> None:
    site_id = made(owner.post("/sites", site()))["id"]
    assert member.post("/sites", site("http://127.0.0.1:8")).status_code == 403
    assert member.patch(f"/sites/{site_id}", {"name": "x"}).status_code == 403
    assert member.delete(f"/sites/{site_id}").status_code == 403
    assert member.get(f"/sites/{site_id}").status_code == 200
    assert viewer.post(f"/sites/{site_id}/discover").status_code == 403


@pytest.mark.parametrize(
    ("response", "state"),
    [
        (recorded("blocked_html"), "blocked"),
        (recorded("wrong_password"), "needs_permission"),
        (recorded("html_200"), "blocked"),
        (Response(404), "unreachable"),
    ],
)
def test_discover_says_why_not_and_makes_no_connection(
    owner: Client, response: Response, state: str
) -> None:
    with playing(lambda _: response) as played:
        site_id = made(owner.post("/sites", site(played.url)))["id"]
        sources = made(owner.post(f"/sites/{site_id}/discover"))["sources"]
    assert {one["source"] for one in sources} == set(connectors.find())
    assert {(one["state"], one["connection_id"]) for one in sources} == {(state, None)}
    assert all(len(one["detail"]) > 20 for one in sources)
    assert made(owner.get(f"/sites/{site_id}/connections"))["total"] == 0


def test_discover_again_keeps_the_connection(
    database: Database, runtime: Runtime, owner: Client
) -> None:
    with connected(runtime, owner.workspace_id) as world:
        world.change(state="needs_reauth", failures=4)
        sources = made(owner.post(f"/sites/{world.site_id}/discover"))["sources"]
        assert [one["connection_id"] for one in sources if one["state"] == "ready"] == [
            str(world.connection_id)
        ]
        assert (world.connection().state, world.connection().failures) == ("ready", 0)
        shown = made(owner.get(f"/sites/{world.site_id}"))
        assert shown["name"] == "Rig Site"
        assert shown["rest_root"].endswith("/wp-json/")
    with database.reading() as session:
        assert len(session.scalars(select(Connection)).all()) == 1


def test_a_connection_is_changed(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id) as world:
        path = f"/connections/{world.connection_id}"
        tag = made(owner.post("/tags", {"name": "site"}))["id"]
        changed = made(
            owner.patch(
                path,
                {
                    "schedule": {"every_minutes": 30},
                    "new_contact_status": "pending",
                    "mapping": {"url": "company", "locale": ""},
                    "add_lists": ["Readers"],
                    "add_tags": [tag],
                },
            )
        )
        assert changed["schedule"] == {"every_minutes": 30}
        assert changed["next_run_at"] is not None
        assert changed["new_contact_status"] == "pending"
        targets = {one["key"]: one["target"] for one in changed["fields"]}
        assert (targets["url"], targets["locale"], targets["first_name"]) == (
            "company",
            "",
            "first_name",
        )
        lists = made(owner.get("/lists"))["items"]
        assert changed["add_lists"] == [one["id"] for one in lists]
        assert changed["add_tags"] == [tag]
        assert made(owner.patch(path, {"schedule": None}))["next_run_at"] is None
        assert made(owner.get(path))["add_tags"] == [tag]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"schedule": {}}, "schedule"),
        ({"schedule": {"every_minutes": 0}}, "schedule.every_minutes"),
        ({"schedule": {"every_minutes": "5"}}, "schedule.every_minutes"),
        ({"schedule": {"every_minutes": 5, "cron": "* * * * *"}}, "schedule"),
        ({"schedule": {"cron": "99 * * * *"}}, "schedule"),
        ({"schedule": {"cron": "0 0 31 2 *"}}, "schedule"),
        ({"schedule": {"weekly": True}}, "schedule.weekly"),
        ({"schedule": "daily"}, "schedule"),
        ({"new_contact_status": "bounced"}, "new_contact_status"),
        ({"mapping": {"nonsense": "company"}}, "mapping.nonsense"),
        ({"mapping": {"first_name": "nonsense"}}, "mapping.first_name"),
        ({"mapping": {"first_name": "email"}}, "mapping.first_name"),
        ({"mapping": {"first_name": "fields.nonsense"}}, "mapping.first_name"),
        ({"add_tags": ["01a202e9-723b-7ebd-8a17-bd0f0e38838b"]}, "add_tags.0"),
        ({"state": "ready"}, "state"),
    ],
)
@on_sqlite
def test_what_a_connection_refuses(
    runtime: Runtime, owner: Client, body: dict[str, Any], place: str
) -> None:
    with connected(runtime, owner.workspace_id) as world:
        answer = owner.patch(f"/connections/{world.connection_id}", body)
        assert answer.status_code == 422, answer.text
        places = [one["where"] for one in (answer.json or {})["errors"]]
        assert any(one == place or one.startswith(f"{place}.") for one in places), places


def test_lists_of_another_workspace_are_not_there(
    runtime: Runtime, owner: Client, outsider: Client
) -> None:
    theirs = made(outsider.post("/lists", {"name": "Theirs"}))["id"]
    with connected(runtime, owner.workspace_id) as world:
        answer = owner.patch(f"/connections/{world.connection_id}", {"add_lists": [theirs]})
        assert answer.status_code == 422


def test_removing_a_site_keeps_its_contacts(runtime: Runtime, owner: Client) -> None:
    with connected(runtime, owner.workspace_id) as world:
        world.pull()
        assert owner.delete(f"/sites/{world.site_id}").status_code == 200
        assert owner.get(f"/connections/{world.connection_id}").status_code == 404
        assert len(world.contacts()) == 3
