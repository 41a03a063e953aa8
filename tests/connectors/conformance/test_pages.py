"""Every row once, whatever the site does between two pages."""

import dataclasses
import json
from typing import Any

import pytest

import connectors
from app.dev.wordpress_front import XMLRPC
from connectors import Pull
from tests.connectors.conformance.cases import CASES, Case, email
from tests.connectors.conformance.pulling import connector, listings, mails, pull, stored
from tests.connectors.site import Request, Response, playing

PEOPLE = 250
EVERYBODY = [email(number) for number in range(1, PEOPLE + 1)]


def test_every_connector_is_tried() -> None:
    assert {case.key for case in CASES} == set(connectors.find())


def test_it_says_what_it_is(case: Case) -> None:
    tried = connector(case)
    assert tried.key == case.key
    assert tried.title
    assert tried.needs.permission.endswith(".")
    assert len({field.key for field in tried.fields}) == len(tried.fields)
    assert all(option.label for option in tried.options)


def test_it_goes_to_the_total(case: Case) -> None:
    pages = pull(case, case.stage(PEOPLE).answer)
    assert mails(pages) == EVERYBODY
    assert [page.cursor is None for page in pages] == [False] * (len(pages) - 1) + [True]
    assert all(len(page.rows) <= 100 for page in pages)


def test_nobody(case: Case) -> None:
    pages = pull(case, case.stage(0).answer)
    assert mails(pages) == []
    assert pages[-1].cursor is None


@pytest.mark.parametrize("people", [1, 99, 100, 101, 200])
def test_the_edges_of_pages(case: Case, people: int) -> None:
    assert mails(pull(case, case.stage(people).answer)) == EVERYBODY[:people]


@pytest.mark.parametrize("case", [one for one in CASES if one.route != XMLRPC], ids=str)
def test_a_page_may_be_short_or_empty_in_the_middle(case: Case) -> None:
    """Rows that the account may not see are left out, and the total stays (XML-RPC has none)."""
    stage = case.stage(PEOPLE)
    hidden = {7, *range(101, 201)}

    def change(count: int, request: Request) -> Response:
        return case.change(
            stage.answer(request),
            lambda rows: [row for row in rows if int(row[case.id_name]) not in hidden],
        )

    found = mails(pull(case, listings(case, stage.answer, change)))
    assert found == [email(n) for n in range(1, PEOPLE + 1) if n not in hidden]


@pytest.mark.parametrize("gone", [range(10, 15), range(20, 110)], ids=["five", "many"])
def test_rows_that_move_up_are_not_missed(case: Case, gone: range) -> None:
    stage = case.stage(PEOPLE)

    def change(count: int, request: Request) -> Response:
        if _page(request) == 3 and count < 100:
            case.remove(stage, set(gone))
        return stage.answer(request)

    assert mails(pull(case, listings(case, stage.answer, change))) == EVERYBODY


def _page(request: Request) -> int:
    if request.body:
        pages = {b"<int>99</int>": 2, b"<int>198</int>": 3}
        return next((page for offset, page in pages.items() if offset in request.body), 0)
    return int(request.query.get("page", request.query.get("input[page]", 0)))


def test_who_comes_meanwhile_comes_too(case: Case) -> None:
    stage = case.stage(PEOPLE - 1)

    def change(count: int, request: Request) -> Response:
        if _page(request) == 3 and len(case.rows(stage)) < PEOPLE:
            case.add(stage, PEOPLE)
        return stage.answer(request)

    assert mails(pull(case, listings(case, stage.answer, change))) == EVERYBODY


def test_a_row_that_comes_twice_counts_once(case: Case) -> None:
    stage = case.stage(30)

    def change(count: int, request: Request) -> Response:
        return case.change(stage.answer(request), lambda rows: [*rows, *rows[:10]])

    assert mails(pull(case, listings(case, stage.answer, change))) == EVERYBODY[:30]


def test_php_writes_empty_objects_as_lists(case: Case) -> None:
    stage = case.stage(5)

    def change(count: int, request: Request) -> Response:
        return case.change(stage.answer(request), lambda rows: [_emptied(row) for row in rows])

    pages = pull(case, listings(case, stage.answer, change))
    assert [row.source_id.rpartition(":")[2] for page in pages for row in page.rows] == list(
        "12345"
    )


def _emptied(row: dict[str, Any]) -> dict[str, Any]:
    emptied = {name: [] if isinstance(value, dict | list) else value for name, value in row.items()}
    return {**emptied, "response": "[]"} if "response" in row else emptied


def test_numbers_may_come_as_text(case: Case) -> None:
    stage = case.stage(120)

    def change(count: int, request: Request) -> Response:
        return case.change(
            stage.answer(request),
            lambda rows: [{**row, case.id_name: str(row[case.id_name])} for row in rows],
        )

    assert mails(pull(case, listings(case, stage.answer, change))) == EVERYBODY[:120]


def test_it_resumes_at_every_page(case: Case) -> None:
    stage = case.stage(PEOPLE)
    pages = pull(case, stage.answer)
    for place, page in enumerate(pages[:-1]):
        rest = pull(case, stage.answer, Pull(stored(page.cursor)))  # type: ignore[arg-type]
        assert mails(pages[: place + 1]) + mails(rest) == EVERYBODY
        assert rest[-1].mark == pages[-1].mark


def test_what_came_since(case: Case) -> None:
    """After a full pass only what is new is asked for, where the source can tell."""
    stage = case.stage(PEOPLE)
    mark = stored(pull(case, stage.answer)[-1].mark)
    case.add(stage, PEOPLE + 1)
    found = mails(pull(case, stage.answer, Pull(since=mark)))  # type: ignore[arg-type]
    assert email(PEOPLE + 1) in found
    if mark is None or "customers" in case.route:
        assert len(found) == PEOPLE + 1
    else:
        assert len(found) < PEOPLE


def test_what_came_since_is_resumed(case: Case) -> None:
    stage = case.stage(50)
    mark: Any = stored(pull(case, stage.answer)[-1].mark)
    for number in range(51, PEOPLE + 1):
        case.add(stage, number)
    pages = pull(case, stage.answer, Pull(since=mark))
    fresh = set(EVERYBODY[50:])
    assert fresh <= set(mails(pages))
    for place, page in enumerate(pages[:-1]):
        cursor: Any = stored(page.cursor)
        rest = pull(case, stage.answer, Pull(cursor, mark))
        assert fresh <= {*mails(pages[: place + 1]), *mails(rest)}


def test_the_mark_is_from_before_the_first_row(case: Case) -> None:
    """What changes while a run goes on is found by the next one."""
    stage = case.stage(120)

    def change(count: int, request: Request) -> Response:
        if _page(request) == 2 and len(case.rows(stage)) == 120:
            case.add(stage, 121)
        return stage.answer(request)

    mark: Any = stored(pull(case, listings(case, stage.answer, change))[-1].mark)
    assert email(121) in mails(pull(case, stage.answer, Pull(since=mark)))


def test_it_never_writes(case: Case) -> None:
    """Also not by the routes of plugins that change a row when it is looked at."""
    stage = case.stage(3)
    with playing(stage.answer) as site:
        tried, client = connector(case), site.client(password="abcd efgh ijkl mnop qrst uvwx")
        tried.look(client)
        list(tried.pages(client, Pull()))
        asked = site.asked
    assert {request.method for request in asked} <= {"GET", "HEAD", "POST"}
    for request in asked:
        if request.method == "POST":
            assert request.path == "/xmlrpc.php"
            assert any(one in request.body for one in (b"wp.getPosts", b"wp.getPostTypes"))
        assert not request.route.startswith("fluent-crm/v2/subscribers/")
        assert not request.route.removeprefix("fluentform/v1/submissions/").isdigit()


def test_pages_can_be_stored(case: Case) -> None:
    for page in pull(case, case.stage(PEOPLE).answer):
        assert json.loads(json.dumps([page.cursor, page.mark])) == [page.cursor, page.mark]
        assert all(dataclasses.is_dataclass(row) for row in page.rows)
