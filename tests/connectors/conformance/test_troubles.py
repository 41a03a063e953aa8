"""What goes wrong at a site has a name, and is never a silent zero."""

import gzip
import json
import threading
from collections.abc import Callable

import pytest

from app.dev.wordpress_front import XMLRPC
from connectors import Pull
from tests.connectors.conformance.cases import Case
from tests.connectors.conformance.pulling import Answer, listings, mails, pull, stored
from tests.connectors.site import Request, Response, as_json, recorded
from tests.waiting import PATIENCE
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater

HTML = {"Content-Type": "text/html"}
Trouble = type[TryLater] | type[AskTheOwner] | type[NotUnderstood]


def _error(status: int, code: str) -> Response:
    return as_json({"code": code, "message": "No.", "data": {"status": status}}, status)


TROUBLES: list[tuple[str, Response, Trouble]] = [
    ("401", _error(401, "rest_forbidden"), AskTheOwner),
    ("403", _error(403, "rest_forbidden"), AskTheOwner),
    ("403 of a wall", Response(403, b"<html>Wordfence</html>", HTML), AskTheOwner),
    ("404", _error(404, "rest_no_route"), AskTheOwner),
    ("429", Response(429, b"slow down", {"Retry-After": "2", **HTML}), TryLater),
    ("500", _error(500, "internal_server_error"), TryLater),
    ("503", Response(503, b"maintenance", HTML), TryLater),
    ("a page with 200", recorded("html_200"), AskTheOwner),
    (
        "a redirect elsewhere",
        Response(302, b"", {"Location": "https://other.example/"}),
        AskTheOwner,
    ),
    ("cut off", Response(200, b'{"data": [{"id": 1, "x": "yyyyyyyy"}', cut=20), TryLater),
]


@pytest.mark.parametrize("at", [0, 2], ids=["at once", "in the middle"])
@pytest.mark.parametrize(
    ("response", "trouble"),
    [(response, trouble) for _, response, trouble in TROUBLES],
    ids=[name for name, _, _ in TROUBLES],
)
def test_a_trouble_has_a_name(case: Case, response: Response, trouble: Trouble, at: int) -> None:
    stage = case.stage(250)

    def change(count: int, request: Request) -> Response:
        return response if count == at else stage.answer(request)

    with pytest.raises(trouble) as caught:
        pull(case, listings(case, stage.answer, change))
    assert caught.value.sentence


def test_what_was_read_before_a_trouble_is_kept(case: Case) -> None:
    """The page after which it stopped is where it goes on."""
    stage = case.stage(250)
    whole = pull(case, stage.answer)
    from_there = pull(case, stage.answer, Pull(stored(whole[0].cursor)))  # type: ignore[arg-type]
    assert mails(whole[:1]) + mails(from_there) == mails(whole)


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b'"x"', b"[null]", b'[{"name": 1}]', b'{"data": [7], "total": 1}']
)
def test_an_answer_that_is_none_is_not_understood(case: Case, body: bytes) -> None:
    if case.route == XMLRPC:
        body = b"<?xml version='1.0'?><methodResponse><params><param><value><string>x</string>"
        body += b"</value></param></params></methodResponse>"
    stage = case.stage(3)

    def change(count: int, request: Request) -> Response:
        return Response(200, body, {"Content-Type": "application/json"})

    with pytest.raises(NotUnderstood):
        pull(case, listings(case, stage.answer, change))


def _all(case: Case, change: Callable[[Response], Response]) -> tuple[list[str], list[str]]:
    stage = case.stage(120)
    answer: Answer = lambda request: change(stage.answer(request))  # noqa: E731
    return mails(pull(case, answer)), mails(pull(case, stage.answer))


def test_a_notice_before_the_answer(case: Case) -> None:
    def noticed(response: Response) -> Response:
        notice = b"<br />\n<b>Deprecated</b>: x [1] in <b>/x.php</b><br />\n"
        return Response(response.status, notice + response.body, response.headers)

    odd, plain = _all(case, noticed)
    assert odd == plain


def test_gzip(case: Case) -> None:
    def squeezed(response: Response) -> Response:
        headers = {**response.headers, "Content-Encoding": "gzip"}
        return Response(response.status, gzip.compress(response.body), headers)

    odd, plain = _all(case, squeezed)
    assert odd == plain


def test_a_site_that_does_not_answer_in_time(case: Case) -> None:
    stage, over = case.stage(3), threading.Event()

    def change(count: int, request: Request) -> Response:
        over.wait(PATIENCE)
        return stage.answer(request)

    answer = listings(case, stage.answer, change)
    timer = threading.Timer(2.0, over.set)
    timer.start()
    with pytest.raises(TryLater):
        pull(case, answer, seconds=0.2)
    timer.cancel()
    over.set()


def test_a_redirect_on_the_same_site_is_followed(case: Case) -> None:
    stage = case.stage(120)

    def answer(request: Request) -> Response:
        if request.query.get("moved"):
            request.query.pop("moved")
            return stage.answer(request)
        query = "&".join(f"{name}={value}" for name, value in request.query.items())
        target = f"{request.path}?{query}&moved=1".replace(" ", "%20")
        return Response(307, b"", {"Location": target})

    assert mails(pull(case, answer)) == mails(pull(case, stage.answer))


def test_awkward_text_comes_through(case: Case) -> None:
    """Unicode of every kind, and a hundred kilobytes of it."""
    stage = case.stage(2)
    odd = "👩‍👩‍👧 محمد \u202e Łukasz & <b>Zoë</b> 'x' \\ \"y\" " + "ß" * 100_000

    def change(count: int, request: Request) -> Response:
        return case.change(
            stage.answer(request), lambda rows: [json.loads(_odd(row, odd)) for row in rows]
        )

    def rpc(count: int, request: Request) -> Response:
        return case.change(
            stage.answer(request), lambda rows: [_odd_post(row, odd) for row in rows]
        )

    found = pull(case, listings(case, stage.answer, rpc if case.route == XMLRPC else change))
    assert mails(found) == mails(pull(case, stage.answer))


def _odd(row: dict[str, object], odd: str) -> str:
    return json.dumps({**row, "first_name": odd, "username": odd, "source": odd, "form_name": odd})


def _odd_post(row: dict[str, object], odd: str) -> dict[str, object]:
    return {**row, "post_content": f"{row['post_content']}\n{odd}"}
