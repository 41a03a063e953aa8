"""The stand-in answers as the recorded site did, so what works with one works with the other."""

from collections.abc import Iterator

import pytest
import requests

from app.dev.wordpress import WordPressStandIn, distinct_addresses, make_people
from app.dev.wordpress_front import Asked, Front, Reply
from tests.connectors.site import recorded, rows
from tests.waiting import PATIENCE

EDIT = {"context": "edit", "orderby": "id", "order": "asc"}


@pytest.fixture
def wordpress() -> Iterator[WordPressStandIn]:
    site = WordPressStandIn(make_people()).start()
    yield site
    site.stop()


def ask(
    site: WordPressStandIn, route: str, *, password: str | None = "", **query: str
) -> requests.Response:
    login = None if password is None else (site.username, password or site.password)
    return requests.get(f"{site.url}/wp-json/{route}", query, auth=login, timeout=PATIENCE)


def test_people_are_always_the_same_and_awkward() -> None:
    people = make_people()
    assert people == make_people()
    assert [person["id"] for person in people] == list(range(1, 301))
    assert len(distinct_addresses(people)) == 296
    mails = [person["email"] for person in people]
    assert "" in mails
    assert any(mail.isupper() for mail in mails)
    assert any("+" in mail for mail in mails)
    assert any(not mail.isascii() for mail in mails)
    assert any("&amp;" in person["first_name"] for person in people)
    assert any(len(person["last_name"]) >= 100 for person in people)
    assert len(make_people(5000)) == 5000


def test_users_have_the_recorded_shape() -> None:
    assert set(rows("odd_users")[0]) <= set(make_people(1)[0])


def test_pages(wordpress: WordPressStandIn) -> None:
    answer = ask(wordpress, "wp/v2/users", **EDIT, per_page="100", page="3")
    assert [row["id"] for row in answer.json()] == list(range(201, 301))
    assert (answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"]) == ("300", "3")


def test_past_the_end(wordpress: WordPressStandIn) -> None:
    answer = ask(wordpress, "wp/v2/users", **EDIT, per_page="100", page="4")
    assert (answer.status_code, answer.json()) == (200, [])
    assert recorded("past_end").body == b"[]"


@pytest.mark.parametrize(
    ("query", "name"), [({"per_page": "101"}, "per_page_101"), ({"per_page": "0"}, "per_page_101")]
)
def test_pages_that_are_none(wordpress: WordPressStandIn, query: dict[str, str], name: str) -> None:
    answer = ask(wordpress, "wp/v2/users", **EDIT, **query)
    theirs = rows(name)
    assert answer.status_code == recorded(name).status
    assert answer.json()["code"] == theirs["code"]  # type: ignore[call-overload]
    assert answer.json()["data"]["params"] == theirs["data"]["params"]  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("route", "password", "name"),
    [
        ("wp/v2/users/me", "wrong", "wrong_password"),
        ("", "wrong", "wrong_password"),
        ("wp/v2/users/me", None, "header_dropped"),
        ("wp/v2/users", None, "list_http_production"),
        ("nope/v1/x", "", "no_route"),
    ],
)
def test_refusals_are_worded_as_recorded(
    wordpress: WordPressStandIn, route: str, password: str | None, name: str
) -> None:
    answer = ask(wordpress, route, password=password, **EDIT)
    theirs = rows(name)
    assert answer.status_code == recorded(name).status
    assert answer.json() == theirs


def test_an_unknown_user(wordpress: WordPressStandIn) -> None:
    answer = requests.get(f"{wordpress.url}/wp-json/", auth=("nobody", "x"), timeout=PATIENCE)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_username")


def test_the_password_may_be_written_without_its_spaces(wordpress: WordPressStandIn) -> None:
    password = wordpress.password.replace(" ", "")
    answer = ask(wordpress, "wp/v2/users/me", password=password)
    assert answer.json()["username"] == wordpress.username


def test_where_the_rest_api_is(wordpress: WordPressStandIn) -> None:
    front = requests.head(wordpress.url + "/", timeout=PATIENCE)
    assert front.headers["Link"] == f'<{wordpress.url}/wp-json/>; rel="https://api.w.org/"'
    slim = requests.get(
        f"{wordpress.url}/?rest_route=/&_fields=name,namespaces", timeout=PATIENCE
    ).json()
    assert set(slim) == {"name", "namespaces"}
    assert "wp/v2" in slim["namespaces"]
    assert requests.get(f"{wordpress.url}/nope", timeout=PATIENCE).status_code == 404


def test_strangers_see_no_mail(wordpress: WordPressStandIn) -> None:
    assert ask(wordpress, "wp/v2/users", password=None).json() == []
    shown = ask(wordpress, "wp/v2/users").json()[0]
    assert "email" not in shown


@pytest.mark.parametrize(("trouble", "said"), [(ConnectionResetError, False), (ValueError, True)])
def test_only_its_own_troubles_are_told(
    trouble: type[Exception], said: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not that a client was killed in the middle, which is what people try out with it."""

    def answer(asked: Asked) -> Reply:
        return Reply(200, asked.route)

    front = Front(answer, 0)
    try:
        raise trouble("in the middle")
    except trouble:
        front.handle_error(None, ("127.0.0.1", 1))
    finally:
        front.server_close()
    assert ("in the middle" in capsys.readouterr().err) is said
