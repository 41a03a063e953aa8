"""What an answer, or none, means for an agent."""

from collections.abc import Callable
from contextlib import closing

import pytest

from app import clock
from app.agent.server import Absent, Over, Rejected, Server
from tests.connectors.site import Request, Response, as_json, playing

KEY = ("0" * 32, "a secret of some length")


def ask(answer: Callable[[Request], Response]) -> dict[str, object]:
    with (
        playing(answer) as there,
        closing(Server(there.url, KEY, now=clock.now, allow_http=False)) as server,
    ):
        return server.send("/ingest", b"body")


def problem(status: int, detail: str) -> Response:
    found = as_json({"detail": detail}, status)
    return Response(status, found.body, {"Content-Type": "application/problem+json"})


def test_what_is_taken() -> None:
    assert ask(lambda _: as_json({"state": "running"})) == {"state": "running"}


@pytest.mark.parametrize(
    ("response", "kind", "words"),
    [
        (Response(500), Absent, "answered 500"),
        (Response(502, b"<html>"), Absent, "answered 502"),
        (problem(503, "Busy."), Absent, "answered 503"),
        (Response(429), Absent, "answered 429"),
        (problem(401, "Unknown agent."), Rejected, "Unknown agent."),
        (problem(403, "Revoked."), Rejected, "Revoked."),
        (problem(422, "Format 2."), Rejected, "Format 2."),
        (problem(409, "The run has ended."), Over, "has ended"),
        (problem(404, "No such run."), Over, "No such run"),
        (Response(404, b"<html>"), Rejected, "check the address"),
        (Response(301, b"", {"Location": "https://example.com"}), Rejected, "check the address"),
        (Response(200, b"<html>"), Rejected, "not pressferry"),
        (Response(200, b"[]"), Rejected, "not pressferry"),
    ],
)
def test_what_is_not_taken(response: Response, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        ask(lambda _: response)


def test_a_server_that_asks_for_patience_gets_it() -> None:
    with pytest.raises(Absent) as caught:
        ask(lambda _: Response(503, b"", {"Retry-After": "120"}))
    assert caught.value.rest == 120


def test_nobody_there(dead_port: int) -> None:
    url = f"http://127.0.0.1:{dead_port}"
    with (
        closing(Server(url, KEY, now=clock.now, allow_http=False)) as server,
        pytest.raises(Absent, match="cannot be reached"),
    ):
        server.send("/ingest", b"body")


def test_a_signature_goes_nowhere_else() -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return Response(307, b"", {"Location": f"{request.path}/again"})

    with pytest.raises(Rejected):
        ask(answer)
    assert len(asked) == 1
    assert "authorization" not in asked[0].headers
    assert KEY[1] not in str(asked[0].headers)
