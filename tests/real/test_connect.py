"""From an address to contacts: the owner of a real WordPress approves in her browser, her users
come over, and what changes there changes here."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from playwright.sync_api import ConsoleMessage, Page

import connectors
from tests.journeys.serving import Served, founded, serving
from tests.real import wordpress
from tests.real.wordpress import WordPress
from tests.waiting import PATIENCE
from wp_bridge import discovery
from wp_bridge.client import Client

PEOPLE = [
    ("ada", "ada@example.com", "Ada", "Lovelace"),
    ("zoe", "zoe@example.com", "Zoë", "Müller"),
    ("grace", "Grace.Hopper+navy@Example.COM", "Grace", "O'Hopper & Sons"),
]


def test_approved_in_a_browser_then_in_sync(tmp_path: Path, site: WordPress, browser: Page) -> None:
    home = tmp_path / "home"
    key = founded(home)["api_key"]
    with serving(home) as served:
        served.key = key
        added = post(served, "/sites", {"url": site.url})
        assert added["authorization"]["state"] == "ready", added
        browser.goto(added["authorization"]["url"])
        browser.fill("#user_login", "admin")
        browser.fill("#user_pass", wordpress.PASSWORD)
        browser.click("#wp-submit")
        assert "pressferry" in browser.inner_text("#wpbody-content")
        approved(browser)
        again = post(served, f"/sites/{added['id']}/authorize", {})
        browser.goto(again["url"])
        approved(browser)
        assert "1 row can be read" in browser.inner_text("main")
        assert "password" not in urlsplit(browser.url).query
        in_sync(served, site, added["id"])
        assert not any("password=" in line for line in served.log)
        fits_a_phone(browser, browser.url)
        for page in ("", "sources/woocommerce", "sources/cannot-be-read", "reference/settings"):
            fits_a_phone(browser, f"{served.url}/docs/{page}")


def approved(browser: Page) -> None:
    """Its owner clicks, and is sent back to us."""
    browser.click("#approve")
    browser.wait_for_url("**/connect/*/outcome")
    assert "The Ferry Shop is connected" in browser.inner_text("h1")


def fits_a_phone(browser: Page, address: str) -> None:
    """A page is no wider than a phone, and its browser has nothing to complain of."""
    complaints: list[str] = []

    def note(said: ConsoleMessage) -> None:
        complaints.append(said.text)

    browser.on("console", note)
    browser.set_viewport_size({"width": 390, "height": 844})
    browser.goto(address)
    width = browser.evaluate("document.documentElement.scrollWidth")
    browser.remove_listener("console", note)
    assert (width, complaints) == (390, []), address


def in_sync(served: Served, site: WordPress, site_id: str) -> None:
    """Users come, change, and come once."""
    connection = served.get(f"/api/v1/sites/{site_id}/connections")["items"][0]["id"]
    made = wordpress.application_password(site)
    site.password = made
    ids = {}
    for login, email, first, last in PEOPLE:
        person = {"username": login, "email": email, "password": "x" * 20}
        names = {"first_name": first, "last_name": last}
        ids[login] = site.ask("POST", "/wp/v2/users", person | names)["id"]
    assert pulled(served, connection)["created"] == 4
    names = {one["email"]: one["last_name"] for one in contacts(served)}
    assert names["Grace.Hopper+navy@Example.COM"] == "O'Hopper & Sons"
    again = pulled(served, connection)
    assert (again["created"], again["updated"]) == (0, 0)
    site.ask("POST", f"/wp/v2/users/{ids['ada']}", {"last_name": "King"})
    assert pulled(served, connection)["updated"] == 1
    assert {one["email"]: one["last_name"] for one in contacts(served)}["ada@example.com"] == "King"
    site.ask("DELETE", f"/wp/v2/users/{ids['zoe']}", {"force": True, "reassign": 1})
    after = pulled(served, connection)
    assert (after["created"], after["updated"], after["skipped"]) == (0, 0, {})
    assert "zoe@example.com" in {one["email"] for one in contacts(served)}, "she stays"


def test_a_wrong_password_is_told_from_a_lost_header(site: WordPress) -> None:
    """Its REST API answers both alike; only XML-RPC knows."""
    right = wordpress.application_password(site)
    assert looked(site, "admin", right) == ("ready", "1 row can be read.")
    for name, password in (("admin", right[::-1]), ("nobody", right)):
        state, detail = looked(site, name, password)
        assert (state, "is wrong, or it was revoked" in detail) == ("needs_permission", True), (
            detail
        )
    state, detail = looked(site, "admin", wordpress.PASSWORD)
    assert state == "needs_permission", detail


def looked(site: WordPress, username: str, password: str) -> tuple[str, str]:
    """What discovery says of the users."""
    anything = {"allowed": lambda ip: True, "plainly": lambda ip: True}
    with closing(Client(site.url, username, password, **anything)) as client:
        found = discovery.discover(client, connectors.find()).findings
    return next((one.state, one.detail) for one in found if one.source == "wordpress_users")


def contacts(served: Served) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = served.get("/api/v1/contacts?per_page=50")["items"]
    return found


def pulled(served: Served, connection: str) -> dict[str, Any]:
    """A run of the connection, once it is over."""
    run = post(served, f"/connections/{connection}/runs", {})
    while run["state"] in ("queued", "running"):
        run = served.get(f"/api/v1/runs/{run['id']}")
    assert run["state"] == "succeeded", run
    return run  # type: ignore[no-any-return]


def post(served: Served, path: str, body: dict[str, Any]) -> Any:
    request = Request(
        f"{served.url}/api/v1{path}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {served.key}"},
    )
    with urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)
