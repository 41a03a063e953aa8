"""A real HTTP server that plays a site: what it answers is up to the test."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.dev.wordpress_front import parameters
from wp_bridge.client import Client

RECORDED = Path(__file__).parent / "recorded"
#: Exchanges with one whole site, as `pressferry dev wordpress --from` reads them.
RECORDED_SITE = RECORDED / "site"


@dataclass
class Request:
    """What was asked; header names in lower case. ``number`` counts from 0."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    number: int
    body: bytes = b""

    @property
    def route(self) -> str:
        """The REST route in either form, "" for a page."""
        if "rest_route" in self.query:
            return self.query["rest_route"].strip("/")
        return self.path.removeprefix("/wp-json").strip("/") if "/wp-json" in self.path else "-"

    @property
    def has_login(self) -> bool:
        """Whether an Authorization header came along."""
        return "authorization" in self.headers


@dataclass
class Response:
    """What is answered; ``cut``: close after so many bytes of the body."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None


def as_json(data: Any, status: int = 200, **headers: str) -> Response:
    """An answer in JSON; ``x_wp_total`` becomes X-Wp-Total."""
    names = {name.replace("_", "-").title(): value for name, value in headers.items()}
    kind = {"Content-Type": "application/json; charset=UTF-8"}
    return Response(status, json.dumps(data).encode(), {**kind, **names})


def recorded(name: str) -> Response:
    """The answer of a real site."""
    found = json.loads((RECORDED / f"{name}.json").read_text("utf-8"))
    body = found["body"]
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return Response(found["status"], text.encode(), found["headers"])


def rows(name: str) -> list[dict[str, Any]]:
    """The rows in a recorded answer."""
    found: list[dict[str, Any]] = json.loads(recorded(name).body)
    return found


def paged(people: list[dict[str, Any]], request: Request) -> Response:
    """The page of ``people`` that was asked for, as WordPress cuts it."""
    per_page, page = int(request.query.get("per_page", 10)), int(request.query.get("page", 1))
    some = people[(page - 1) * per_page : page * per_page]
    pages = -(-len(people) // per_page)
    return as_json(some, x_wp_total=str(len(people)), x_wp_totalpages=str(pages))


class Site:
    """The running server; ``asked`` is everything it was asked."""

    def __init__(self, answer: Callable[[Request], Response]) -> None:
        self.asked: list[Request] = []
        self._clients: list[Client] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self, answer))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def client(self, username: str = "admin", password: str = "secret", **more: Any) -> Client:
        """A client that may do everything."""
        anything = {"allowed": lambda ip: True, "plainly": lambda ip: True}
        made = Client(more.pop("url", self.url), username, password, **{**anything, **more})
        self._clients.append(made)
        return made

    def close(self) -> None:
        """Closes every client and the server."""
        for client in self._clients:
            client.close()
        self.server.server_close()


@contextmanager
def playing(answer: Callable[[Request], Response]) -> Iterator[Site]:
    """A site that answers with ``answer`` while the context lasts."""
    site = Site(answer)
    thread = threading.Thread(target=site.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield site
    finally:
        site.server.shutdown()
        thread.join()
        site.close()


def _handler(site: Site, answer: Callable[[Request], Response]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = parameters(parts.query)
            body = self.rfile.read(int(headers.get("content-length", 0)))
            asked = Request(self.command, parts.path, query, headers, len(site.asked), body)
            site.asked.append(asked)
            self._send(answer(asked))

        do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

        def _send(self, response: Response) -> None:
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            with suppress(ConnectionError):  # who asked may have heard enough
                if self.command != "HEAD":
                    self.wfile.write(response.body[: response.cut])
            if response.cut is not None:
                self.close_connection = True

        def log_message(self, *args: Any) -> None:
            pass

    return Handler
