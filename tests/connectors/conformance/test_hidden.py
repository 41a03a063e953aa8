"""What a source counts and does not show is told; what only comes, goes and moves is not."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from app.dev.wordpress_front import XMLRPC
from app.dev.wordpress_login import PASSWORD
from connectors import Page, Pull
from tests.connectors.conformance.cases import CASES, Case
from tests.connectors.conformance.pulling import Answer, connector, listings, pull, stored
from tests.connectors.site import Request, Response, playing

#: XML-RPC does not count.
COUNTING = [one for one in CASES if one.route != XMLRPC]
counting = pytest.mark.parametrize("case", COUNTING, ids=str)


def hidden(pages: Iterable[Page]) -> int:
    return sum(page.hidden for page in pages)


def without(case: Case, answer: Answer, gone: set[int]) -> Answer:
    """The same site, which leaves out some rows and counts them all the same."""

    def change(count: int, request: Request) -> Response:
        return case.change(
            answer(request), lambda rows: [r for r in rows if int(r[case.id_name]) not in gone]
        )

    return listings(case, answer, change)


@counting
@pytest.mark.parametrize("gone", [{1}, {120, 150, 199}, {250}, set(range(101, 201))], ids=len)
def test_rows_that_are_counted_and_not_shown(case: Case, gone: set[int]) -> None:
    assert hidden(pull(case, without(case, case.stage(250).answer, gone))) == len(gone)


@counting
@pytest.mark.parametrize("people", [0, 1, 99, 100, 101, 200, 250])
def test_a_source_that_shows_all(case: Case, people: int) -> None:
    assert hidden(pull(case, case.stage(people).answer)) == 0


@counting
@pytest.mark.parametrize("is_all", [True, False], ids=["all", "not all"])
def test_rows_that_move_while_they_are_read(case: Case, is_all: bool) -> None:
    """Some leave and some come between any two pages: pages that are read again count once."""
    stage = case.stage(350)
    gone = set() if is_all else {60, 160, 260}

    def change(count: int, request: Request) -> Response:
        if count < 8:
            case.remove(stage, {10 + count, 110 + count})
            case.add(stage, 400 + count)
        return stage.answer(request)

    answer = listings(case, stage.answer, change)
    assert hidden(pull(case, without(case, answer, gone))) == len(gone)


@counting
def test_a_run_that_goes_on_elsewhere_counts_the_rest(case: Case) -> None:
    answer = without(case, case.stage(250).answer, {50, 150, 249})
    pages = pull(case, answer)
    first = next(place for place, page in enumerate(pages) if page.hidden)
    rest = pull(case, answer, Pull(stored(pages[first].cursor)))
    assert (hidden(pages), hidden(rest)) == (3, 2)


@counting
def test_a_site_with_shorter_pages_than_were_asked_for(case: Case) -> None:
    """Some sites cap a page: then nobody can say how long it should have been."""
    stage = case.stage(250)

    def answer(request: Request) -> Response:
        short = {
            name: "50" for name in ("per_page", "input[per_page]", "input[limit]")
            if request.query.get(name) == "100"
        }  # fmt: skip
        return stage.answer(replace(request, query={**request.query, **short}))

    with playing(answer) as site:
        client = site.client(password=PASSWORD)
        found = list(connector(case).pages(client, Pull()))
    assert hidden(found) == 0
