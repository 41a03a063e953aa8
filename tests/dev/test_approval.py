"""A stand-in's owner approves of a program in her browser, as at a real site."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from app.dev.people import make_people
from app.dev.replay import RecordedSite, load
from app.dev.wordpress import WordPressStandIn
from tests.connectors.site import RECORDED_SITE
from tests.waiting import PATIENCE

Site = RecordedSite | WordPressStandIn
BACK = "http://127.0.0.1:9/connect/x?state=1"


@pytest.fixture(params=["made up", "recorded"])
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    is_recorded = request.param == "recorded"
    made: Site = (
        RecordedSite(load(RECORDED_SITE)) if is_recorded else WordPressStandIn(make_people(3))
    )
    made.start()
    yield made
    made.stop()


def pressed(site: Site, button: str, **query: str) -> requests.Response:
    """What follows after a button of the page that the site's index names."""
    index = requests.get(f"{site.url}/wp-json/", timeout=PATIENCE).json()
    url = index["authentication"]["application-passwords"]["endpoints"]["authorization"]
    assert url.startswith(site.url)
    asked = {"app_name": "<b>pressferry", **query}
    page = requests.get(url, asked, timeout=PATIENCE)
    assert f'name="{button}"' in page.text
    assert "&lt;b&gt;pressferry" in page.text
    return requests.post(url, {button: "1"}, params=asked, allow_redirects=False, timeout=PATIENCE)


def test_the_password_that_comes_back_opens_the_site(site: Site) -> None:
    told = urlsplit(pressed(site, "approve", success_url=BACK).headers["Location"])
    query = {name: value for name, (value,) in parse_qs(told.query).items()}
    assert (told.port, query["state"], query["site_url"]) == (9, "1", site.url)
    assert len(query["password"]) == 24
    users = requests.get(
        f"{site.url}/wp-json/wp/v2/users?context=edit",
        auth=(query["user_login"], query["password"]),
        timeout=PATIENCE,
    )
    assert users.status_code == 200
    assert users.json()[0]["email"]


def test_no_is_no(site: Site) -> None:
    no = pressed(site, "reject", success_url=BACK, reject_url=f"{BACK}&no=1")
    assert no.headers["Location"] == f"{BACK}&no=1"
    no = pressed(site, "reject", success_url=BACK)
    assert no.headers["Location"] == f"{BACK}&success=false"


def test_without_a_way_back_it_is_shown(site: Site) -> None:
    shown = pressed(site, "approve")
    assert (shown.status_code, site.password.replace(" ", "") in shown.text) == (200, True)
    nameless = requests.get(f"{site.url}/wp-admin/authorize-application.php", timeout=PATIENCE)
    assert nameless.status_code == 400
