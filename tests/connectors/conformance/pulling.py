"""Pulls a connector from a site over HTTP."""

import json
from collections.abc import Callable, Iterable
from itertools import pairwise

from app.dev.wordpress_login import PASSWORD
from connectors import Connector, Page, Pull, find
from tests.connectors.conformance.cases import Case
from tests.connectors.site import Request, Response, playing
from tests.waiting import PATIENCE

Answer = Callable[[Request], Response]


def connector(case: Case) -> Connector:
    """The connector that a case is about."""
    return find()[case.key]


def pull(
    case: Case, answer: Answer, wanted: Pull | None = None, seconds: float = PATIENCE
) -> list[Page]:
    """Every page that ``wanted`` asks for."""
    wanted = wanted or Pull()
    wanted = Pull(wanted.cursor, wanted.since, _usual(case))
    with playing(answer) as site:
        client = site.client(password=PASSWORD, seconds=seconds)
        return list(connector(case).pages(client, wanted))


def questions(case: Case, answer: Answer) -> list[int]:
    """How often a listing is asked for each page."""
    asked = list[Request]()

    def counted(request: Request) -> Response:
        if case.is_listing(request):
            asked.append(request)
        return answer(request)

    with playing(counted) as site:
        client, options = site.client(password=PASSWORD, seconds=PATIENCE), _usual(case)
        upto = [len(asked) for _ in connector(case).pages(client, Pull(options=options))]
    return [after - before for before, after in pairwise([0, *upto])]


def listings(
    case: Case, stage_answer: Answer, change: Callable[[int, Request], Response]
) -> Answer:
    """Lets ``change`` answer the requests for pages of rows; it is told which one it is."""
    count = -1

    def answer(request: Request) -> Response:
        nonlocal count
        if not case.is_listing(request):
            return stage_answer(request)
        count += 1
        return change(count, request)

    return answer


def _usual(case: Case) -> dict[str, bool | str]:
    return {option.key: option.default for option in connector(case).options}


def mails(pages: Iterable[Page]) -> list[str]:
    """The addresses in the rows, in their order."""
    return [row.email for page in pages for row in page.rows]


def stored(cursor: object) -> object:
    """A cursor after it lay in the database."""
    return json.loads(json.dumps(cursor))
