"""The documentation is served; every reason given for a source leads to a place in it."""

import re
from itertools import product
from urllib.parse import urljoin

import pytest
from flask import Flask

import connectors
from app.dev.people import make_people
from app.dev.wordpress import WordPressStandIn
from tests.app.conftest import Client, on_sqlite
from wp_bridge.reasons import page_about

STATES = (
    *("ready", "needs_permission", "plugin_absent", "blocked", "header_stripped", "unreachable"),
    *("app_passwords_unavailable", "insecure_http", "version_too_old", "stores_no_entries"),
)


@on_sqlite
def test_every_reason_leads_to_its_place(app: Flask) -> None:
    visitor = app.test_client()
    for source, state in product(("", *connectors.find()), STATES):
        page, _, place = page_about(source, state).partition("#")
        found = visitor.get(f"/docs/{page}")
        assert (found.status_code, f'id="{place}"' in found.text or not place) == (200, True), page


@on_sqlite
def test_no_link_between_the_pages_is_dead(app: Flask) -> None:
    visitor, ahead, seen = app.test_client(), ["/docs/"], set[str]()
    while ahead:
        here = ahead.pop()
        seen.add(here)
        found = visitor.get(here)
        assert found.status_code == 200, here
        for link in re.findall(r'href="([^":#]+)[#"]', found.text):
            there = urljoin(here, link)
            if there.startswith("/docs/") and there not in seen:
                ahead.append(there)
    assert len(seen) > 40


@pytest.mark.parametrize("name", ["nothing", "../README", "..%2FREADME", "sources/nothing", "."])
@on_sqlite
def test_only_its_own_pages_are_served(app: Flask, name: str) -> None:
    found = app.test_client().get(f"/docs/{name}")
    assert found.status_code in (308, 404), found.text
    assert "# Two commands" not in found.text


@on_sqlite
def test_discovery_and_approvals_link_to_it(app: Flask, owner: Client) -> None:
    wordpress = WordPressStandIn(make_people(3)).start()
    try:
        site = owner.post("/sites", {"url": wordpress.url}).json or {}
        assert site["authorization"]["docs"] == "http://127.0.0.1:8080/docs/recipes/pull-a-site"
        found = owner.post(f"/sites/{site['id']}/discover").json or {}
    finally:
        wordpress.stop()
    docs = {one["source"]: one["docs"] for one in found["sources"]}
    start = "http://127.0.0.1:8080/docs/sources/"
    assert docs["wordpress_users"] == f"{start}wordpress-users#what-it-needs"
    assert docs["fluentcrm"] == f"{start}fluentcrm#what-it-needs"
    assert app.test_client().get("/docs/sources/fluentcrm").status_code == 200
