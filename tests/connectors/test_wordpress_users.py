"""WordPress users: every row once, whatever the site does meanwhile."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from app.dev.people import make_people
from connectors import Cursor, Incoming, Page, Pull, find
from tests.connectors.site import Request, Response, as_json, paged, playing, recorded, rows
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater

users = find()["wordpress_users"]
Answer = Callable[[Request], Response]


def sweep(answer: Answer, cursor: Cursor | None = None) -> list[Page]:
    with playing(answer) as site:
        return list(users.pages(site.client(), Pull(cursor)))


def ids(pages: Iterable[Page]) -> list[int]:
    return [int(row.source_id) for page in pages for row in page.rows]


def serve(people: list[dict[str, Any]]) -> Answer:
    return lambda request: paged(people, request)


def test_it_goes_to_the_total() -> None:
    pages = sweep(serve(make_people(250)))
    assert ids(pages) == list(range(1, 251))
    assert [len(page.rows) for page in pages] == [100, 100, 50]
    assert [page.cursor is None for page in pages] == [False, False, True]
    assert {page.total for page in pages} == {250}


def test_it_asks_in_the_form_that_works() -> None:
    with playing(serve(make_people(3))) as site:
        list(users.pages(site.client(), Pull()))
        query = site.asked[0].query
    expected = {"context": "edit", "orderby": "id", "order": "asc", "per_page": "100", "page": "1"}
    assert expected.items() <= query.items()
    assert "email" in query["_fields"].split(",")


def test_an_empty_site() -> None:
    pages = sweep(serve([]))
    assert (ids(pages), len(pages), pages[0].cursor) == ([], 1, None)


@pytest.mark.parametrize("dropped", [{101}, set(range(101, 201)), set(range(1, 101))])
def test_a_short_page_is_not_the_end(dropped: set[int]) -> None:
    """Rows that the account may not edit are left out of their page."""

    def answer(request: Request) -> Response:
        page = paged(make_people(250), request)
        kept = [row for row in _rows(page) if row["id"] not in dropped]
        return as_json(kept, x_wp_total="250", x_wp_totalpages="3")

    assert ids(sweep(answer)) == [n for n in range(1, 251) if n not in dropped]


def test_rows_that_move_up_are_not_missed() -> None:
    people = make_people(350)

    def answer(request: Request) -> Response:
        if request.number == 2:
            del people[10:15]  # five of the first page leave before the third is read
        return paged(people, request)

    found = ids(sweep(answer))
    assert found == list(range(1, 351))


def test_many_rows_that_move_up_are_not_missed() -> None:
    people = make_people(400)

    def answer(request: Request) -> Response:
        if request.number == 3:
            del people[20:190]
        return paged(people, request)

    assert ids(sweep(answer)) == list(range(1, 401))


def test_rows_that_are_added_meanwhile_come_too() -> None:
    people = make_people(150)

    def answer(request: Request) -> Response:
        if request.number == 1:
            people.extend(make_people(280)[150:])
        return paged(people, request)

    assert ids(sweep(answer)) == list(range(1, 281))


def test_a_total_that_goes_up_and_down_does_not_keep_it_forever() -> None:
    people = make_people(250)

    def answer(request: Request) -> Response:
        page = paged(people, request)
        total = str(250 - request.number % 2)
        return as_json(_rows(page), x_wp_total=total, x_wp_totalpages="3")

    assert ids(sweep(answer)) == list(range(1, 251))


def test_a_row_that_comes_twice_counts_once() -> None:
    people = make_people(100)
    doubled = [*people, *people[:50]]
    assert ids(sweep(serve(doubled))) == list(range(1, 101))


@pytest.mark.parametrize("stored", [0, 1, 2])
def test_it_goes_on_where_it_was_left(stored: int) -> None:
    whole = sweep(serve(make_people(350)))
    rest = sweep(serve(make_people(350)), whole[stored].cursor)
    assert ids(whole[: stored + 1]) + ids(rest) == list(range(1, 351))


def test_it_goes_on_after_rows_left_meanwhile() -> None:
    people = make_people(350)
    first = sweep(serve(people))[:2]
    del people[50:60]
    rest = sweep(serve(people), first[-1].cursor)
    assert ids(first) + ids(rest) == list(range(1, 351))


def test_it_goes_on_when_the_site_has_shrunk_below_the_cursor() -> None:
    first = sweep(serve(make_people(350)))[:3]
    assert ids(sweep(serve(make_people(120)), first[-1].cursor)) == []


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (recorded("html_200"), AskTheOwner),
        (recorded("wrong_password"), AskTheOwner),
        (recorded("subscriber_edit"), AskTheOwner),
        (recorded("no_route"), AskTheOwner),
        (recorded("per_page_101"), NotUnderstood),
        (recorded("rate_limited"), TryLater),
        (Response(500), TryLater),
        (Response(503), TryLater),
        (Response(200, b'[{"id": 1', {}), TryLater),
        (as_json({"users": []}, x_wp_total="1", x_wp_totalpages="1"), NotUnderstood),
        (as_json([{"name": "x"}], x_wp_total="1", x_wp_totalpages="1"), NotUnderstood),
        (as_json([{"id": "x"}], x_wp_total="1", x_wp_totalpages="1"), NotUnderstood),
        (as_json([None], x_wp_total="1", x_wp_totalpages="1"), NotUnderstood),
        (as_json([]), NotUnderstood),
    ],
)
def test_what_goes_wrong_is_never_a_silent_zero(response: Response, error: type[Exception]) -> None:
    with pytest.raises(error):
        sweep(lambda _: response)


def test_a_notice_before_the_json() -> None:
    def answer(request: Request) -> Response:
        page = paged(make_people(3), request)
        return Response(200, b"<br />\n<b>Deprecated</b>: x [1]<br />\n" + page.body, page.headers)

    assert ids(sweep(answer)) == [1, 2, 3]


def test_numbers_may_come_as_text_and_fields_may_be_missing() -> None:
    (page,) = sweep(serve([{"id": "7"}, {"id": 8, "email": None, "roles": [], "first_name": 5}]))
    assert [(row.source_id, row.email, row.fields["first_name"]) for row in page.rows] == [
        ("7", "", ""),
        ("8", "", "5"),
    ]


def test_odd_people_of_a_real_site() -> None:
    (page,) = sweep(serve(rows("odd_users")))
    people = {row.source_id: row for row in page.rows}
    assert _name(people["8"]) == ("Tom & Jerry", "García Márquez")
    assert _name(people["9"]) == ("İbrahim", "Bold")
    assert _name(people["102"]) == ("Łukasz", "Kovačević")
    assert people["6"].fields["registered_at"] == ""  # a zero date
    assert people["2"].email == ""
    assert people["14"].email == "PERSON13@XN--MLLER-KVA.EXAMPLE"
    assert people["98"].email == "Jörg97@bücher.example"
    assert len(people["14"].fields["last_name"]) > 100


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("  Anna \n Maria ", "Anna Maria"),
        ("<b>Bold</b>", "Bold"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("a < b & c > d", "a < b & c > d"),
        ("&lt;b&gt;", "<b>"),
        ("I <3 you", "I <3 you"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
    ],
)
def test_names_are_plain_text(stored: str, shown: str) -> None:
    (page,) = sweep(serve([{"id": 1, "first_name": stored}]))
    assert page.rows[0].fields["first_name"] == shown


def test_roles_are_listed() -> None:
    (page,) = sweep(serve([{"id": 1, "roles": ["customer", "author"]}]))
    assert page.rows[0].fields["roles"] == "customer, author"


def _name(row: Incoming) -> tuple[str, str]:
    return row.fields["first_name"], row.fields["last_name"]


def _rows(response: Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(response.body)
    return found


def hidden(*shown: str) -> Answer:
    """WordPress counts everybody, and leaves out whom the account may not edit."""

    def answer(request: Request) -> Response:
        some = [{"id": 4_711}] if request.query["page"] in shown else []
        return as_json(some, x_wp_total="5005", x_wp_totalpages="51")

    return answer


def test_counted_but_not_shown_is_no_silent_zero() -> None:
    with playing(hidden()) as site, pytest.raises(AskTheOwner) as told:
        users.look(site.client())
    assert told.value.state == "needs_permission"
    assert "counts 5005 users and shows this account none" in told.value.sentence


@pytest.mark.parametrize("page", ["1", "51"])
def test_some_are_shown(page: str) -> None:
    with playing(hidden(page)) as site:
        found = users.look(site.client())
    assert isinstance(found, str)
    assert "counts 5005 users and shows this account 1 of 105 that were looked at" in found


@pytest.mark.parametrize(
    ("people", "dropped", "words"),
    [
        (9, {1}, "counts 9 users and shows this account 8. It"),
        (250, {1}, "shows this account 149 of 150 that"),
        (250, {250}, "shows this account 149 of 150 that"),
        (9, set(), None),
        (250, set(), None),
        (100, set(), None),
        (0, set(), None),
    ],
)
def test_whether_all_are_shown_is_told(people: int, dropped: set[int], words: str | None) -> None:
    def answer(request: Request) -> Response:
        page = paged(make_people(people), request)
        page.body = json.dumps([row for row in _rows(page) if row["id"] not in dropped]).encode()
        return page

    with playing(answer) as site:
        found = users.look(site.client())
    assert words in str(found) if words else found == people
