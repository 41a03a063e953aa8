"""A site's owner approves pressferry in her own WordPress: the link, what comes back, and who is
not believed."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from werkzeug.test import TestResponse

from app.db import Database
from app.dev.people import make_people
from app.dev.wordpress import WordPressStandIn
from app.runtime import Runtime
from app.sources.models import Connection, Site, SiteApproval
from app.workspaces.models import Member
from tests.app.conftest import Client, on_sqlite
from tests.conftest import TurnableClock
from tests.connectors.site import Response, as_json, playing

PASSWORD = "abcd efgh ijkl mnop qrst uvwx"


@pytest.fixture
def wordpress() -> Iterator[WordPressStandIn]:
    site = WordPressStandIn(make_people(20), password=PASSWORD).start()
    yield site
    site.stop()


def added(owner: Client, url: str) -> tuple[str, dict[str, Any]]:
    """A site with only its address: its id, and the authorization in the answer."""
    answer = owner.post("/sites", {"url": url})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json or {}
    assert found["has_password"] is False
    return found["id"], found["authorization"]


def back(link: str) -> str:
    """Where the site would send its owner back to: the path of the success URL."""
    (success,) = parse_qs(urlsplit(link).query)["success_url"]
    assert success.startswith("http://127.0.0.1:8080/connect/")
    return urlsplit(success).path


def visit(app: Flask, path: str, **query: str) -> TestResponse:
    """As a browser does, which follows redirections."""
    first = app.test_client().get(path, query_string=query)
    if first.status_code != 303:
        return first
    location = first.headers["Location"]
    assert "password" not in location
    assert PASSWORD not in first.text
    return app.test_client().get(location)


def approve(app: Flask, path: str, site: str, **more: str) -> TestResponse:
    """The browser of somebody who approved: WordPress leaves the blanks out."""
    password = PASSWORD.replace(" ", "")
    return visit(
        app, path, **({"site_url": site, "user_login": "admin", "password": password} | more)
    )


def test_an_address_and_an_approval_are_all_it_takes(
    runtime: Runtime, app: Flask, owner: Client, wordpress: WordPressStandIn
) -> None:
    site_id, link = added(owner, wordpress.url)
    assert (link["state"], link["detail"]) == ("ready", "")
    assert link["expires_at"] == "2026-11-22T12:30:00Z"
    assert link["url"].startswith(f"{wordpress.url}/wp-admin/authorize-application.php?")
    query = parse_qs(urlsplit(link["url"]).query)
    assert query["app_name"] == ["pressferry 2026-11-22 12:00:00"]
    assert query["reject_url"] == [query["success_url"][0] + "/rejected"]
    page = approve(app, back(link["url"]), wordpress.url)
    assert page.status_code == 200
    assert "is connected" in page.text
    assert "WordPress users" in page.text
    assert "20 rows can be read" in page.text
    assert "Not at this site: " in page.text
    assert "Needs something first" not in page.text
    assert "/docs/sources/wordpress-users" in page.text
    site = owner.get(f"/sites/{site_id}").json or {}
    assert (site["username"], site["has_password"]) == ("admin", True)
    with runtime.database.reading() as session:
        assert runtime.vault.open(session.scalars(select(Site.secret)).one()) == PASSWORD.replace(
            " ", ""
        )
        assert session.scalars(select(Connection.source)).all() == ["wordpress_users"]


def test_a_link_is_good_for_one_visit(
    app: Flask, owner: Client, wordpress: WordPressStandIn
) -> None:
    _, link = added(owner, wordpress.url)
    assert approve(app, back(link["url"]), wordpress.url).status_code == 200
    again = approve(app, back(link["url"]), wordpress.url, user_login="mallory")
    assert again.status_code == 404
    assert "not valid any more" in again.text


def test_a_link_grows_old(
    app: Flask, owner: Client, wordpress: WordPressStandIn, clock: TurnableClock
) -> None:
    site_id, link = added(owner, wordpress.url)
    clock.turn(minutes=31)
    assert approve(app, back(link["url"]), wordpress.url).status_code == 404
    fresh = owner.post(f"/sites/{site_id}/authorize").json or {}
    assert approve(app, back(fresh["url"]), wordpress.url).status_code == 200


def test_a_password_that_the_site_does_not_know_is_not_stored(
    app: Flask, owner: Client, wordpress: WordPressStandIn
) -> None:
    site_id, link = added(owner, wordpress.url)
    page = approve(app, back(link["url"]), wordpress.url, password="wrong")
    assert "is not connected yet" in page.text
    assert "The password was not stored." in page.text
    assert (owner.get(f"/sites/{site_id}").json or {})["has_password"] is False


def test_an_approval_of_another_site_is_not_believed(
    app: Flask, owner: Client, wordpress: WordPressStandIn
) -> None:
    site_id, link = added(owner, wordpress.url)
    page = approve(app, back(link["url"]), "https://evil.example.com")
    assert "It was approved at https://evil.example.com" in page.text
    assert (owner.get(f"/sites/{site_id}").json or {})["has_password"] is False


def test_a_login_that_died_is_mended_the_same_way(
    database: Database, app: Flask, owner: Client, wordpress: WordPressStandIn
) -> None:
    site_id, link = added(owner, wordpress.url)
    approve(app, back(link["url"]), wordpress.url)
    with database.transaction() as session:
        session.execute(update(Connection).values(state="needs_reauth"))
    fresh = owner.post(f"/sites/{site_id}/authorize")
    assert fresh.status_code == 200
    approve(app, back((fresh.json or {})["url"]), wordpress.url)
    with database.reading() as session:
        assert session.scalars(select(Connection.state)).all() == ["ready"]


@pytest.mark.parametrize(
    ("path", "query", "words"),
    [
        ("/rejected", {}, "turned down"),
        ("", {"success": "false"}, "turned down"),
        ("/rejected", {"error": "disabled"}, "switched off"),
    ],
)
@on_sqlite
def test_a_no_is_a_no(
    app: Flask,
    owner: Client,
    wordpress: WordPressStandIn,
    path: str,
    query: dict[str, str],
    words: str,
) -> None:
    site_id, link = added(owner, wordpress.url)
    page = visit(app, back(link["url"]) + path, **query)
    assert "is not connected yet" in page.text
    assert words in page.text
    assert approve(app, back(link["url"]), wordpress.url).status_code == 404, "it was used up"
    assert (owner.get(f"/sites/{site_id}").json or {})["has_password"] is False


@on_sqlite
def test_a_no_changes_nothing_of_a_site_that_is_connected(
    app: Flask, owner: Client, wordpress: WordPressStandIn
) -> None:
    site_id, link = added(owner, wordpress.url)
    assert "Approving alone reads nobody" in approve(app, back(link["url"]), wordpress.url).text
    for more, query in (("/rejected", {}), ("", {"site_url": "x", "user_login": "y"})):
        fresh = owner.post(f"/sites/{site_id}/authorize").json or {}
        password = {"password": "wrong"} if query else {}
        page = visit(app, back(fresh["url"]) + more, **query, **password)
        assert "stays as it was" in page.text
        assert "Approving alone reads nobody" not in page.text
        assert (owner.get(f"/sites/{site_id}").json or {})["has_password"] is True


@on_sqlite
def test_who_left_the_workspace_brings_no_password_in(
    database: Database, app: Flask, owner: Client, wordpress: WordPressStandIn
) -> None:
    _, link = added(owner, wordpress.url)
    with database.transaction() as session:
        session.execute(delete(Member))
    assert approve(app, back(link["url"]), wordpress.url).status_code == 404


@pytest.mark.parametrize("path", ["/connect/x", "/connect/x/rejected", "/connect/x/outcome"])
@on_sqlite
def test_an_unknown_link_tells_nothing(app: Flask, path: str) -> None:
    page = approve(app, path, "https://example.com")
    assert page.status_code == 404
    assert "not valid any more" in page.text
    assert app.test_client().get("/connect/x").status_code == 400


@on_sqlite
def test_the_token_is_kept_as_a_hash(
    database: Database, owner: Client, wordpress: WordPressStandIn
) -> None:
    _, link = added(owner, wordpress.url)
    with database.reading() as session:
        row = session.scalars(select(SiteApproval)).one()
    token = back(link["url"]).rpartition("/")[2]
    assert token not in [str(value) for value in vars(row).values()]


ROOT = {"name": "A site", "namespaces": ["wp/v2", "wp-site-health/v1"]}


@pytest.mark.parametrize(
    ("namespaces", "state"),
    [
        (["wp/v2", "wp-site-health/v1"], "insecure_http"),
        (["wp/v2", "wp-site-health/v1", "wordfence/v1"], "app_passwords_unavailable"),
        (["wp/v2"], "version_too_old"),
    ],
)
@on_sqlite
def test_a_site_that_cannot_do_it_says_why(
    owner: Client, namespaces: list[str], state: str
) -> None:
    root = {"name": "A site", "namespaces": namespaces, "authentication": []}
    with playing(lambda _: as_json(root)) as site:
        site_id, link = added(owner, site.url)
        assert (link["state"], link["url"]) == (state, "")
        assert link["detail"]
        assert (owner.post(f"/sites/{site_id}/authorize").json or {})["state"] == state


@on_sqlite
def test_a_site_that_is_away_is_added_and_says_so(owner: Client) -> None:
    _, link = added(owner, "http://127.0.0.1:9")
    assert link["state"] == "unreachable"


@on_sqlite
def test_the_link_leads_to_the_site_itself(owner: Client) -> None:
    page = "https://evil.example.com/wp-admin/authorize-application.php"
    ways = {"application-passwords": {"endpoints": {"authorization": page}}}
    with playing(lambda _: as_json({**ROOT, "authentication": ways})) as site:
        _, link = added(owner, site.url)
        assert link["url"].startswith(f"{site.url}/wp-admin/authorize-application.php?")


@on_sqlite
def test_when_the_site_cannot_be_asked_the_password_is_kept(
    app: Flask, runtime: Runtime, owner: Client
) -> None:
    ways = {"application-passwords": {"endpoints": {"authorization": "http://x/authorize"}}}

    def answer(request: Any) -> Response:
        if request.has_login:
            return Response(503, b"busy")
        return as_json({**ROOT, "authentication": ways})

    with playing(answer) as site:
        site_id, link = added(owner, site.url)
        page = approve(app, back(link["url"]), site.url)
        assert "is not connected yet" in page.text
        assert "in trouble" in page.text
        assert (owner.get(f"/sites/{site_id}").json or {})["has_password"] is True


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"username": "admin"}, "application_password"),
        ({"application_password": "x"}, "username"),
    ],
)
@on_sqlite
def test_half_a_login_is_none(owner: Client, body: dict[str, str], where: str) -> None:
    answer = owner.post("/sites", {"url": "http://127.0.0.1:9", **body})
    assert answer.status_code == 422
    assert [one["where"] for one in (answer.json or {})["errors"]] == [where]


@on_sqlite
def test_only_who_may_change_settings_gets_a_link(
    owner: Client, member: Client, outsider: Client, wordpress: WordPressStandIn
) -> None:
    site_id, _ = added(owner, wordpress.url)
    assert member.post(f"/sites/{site_id}/authorize").status_code == 403
    assert outsider.post(f"/sites/{site_id}/authorize").status_code == 404
