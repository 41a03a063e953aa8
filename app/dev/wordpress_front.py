"""The HTTP side of a stand-in WordPress: pages, REST routes in both of their forms, XML-RPC."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_PAGE = b"<!DOCTYPE html><title>A WordPress to try things out with</title>"
XMLRPC = "xmlrpc.php"


@dataclass(frozen=True)
class Asked:
    """What was asked. ``route`` begins with a slash, or is XMLRPC; ``target``: path and query."""

    method: str
    route: str
    query: Mapping[str, str]
    authorization: str = ""
    body: bytes = b""
    target: str = ""


@dataclass(frozen=True)
class Reply:
    """What a route answers: JSON, or text as it stands (its type is among the headers)."""

    status: int
    data: Any
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[Asked], Reply]
#: What a page answers to method, parameters and body.
Answers = Callable[[str, Mapping[str, str], bytes], Reply]


class Front(ThreadingHTTPServer):
    """Listens on 127.0.0.1 and asks ``answer`` for everything below the REST root; ``pages``: what
    else there is, by path.
    """

    daemon_threads = True

    def __init__(self, answer: Answer, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answer = answer
        self.pages: dict[str, Answers] = {}
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing of somebody who left in the middle, as one who is killed does."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "pressferry-stand-in"
    server: Front

    def do_GET(self) -> None:
        self.wfile.write(self._begin())

    def do_POST(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_GET()

    def do_HEAD(self) -> None:
        self._begin()

    def _begin(self) -> bytes:
        """Sends status and headers; gives the body."""
        status, kind, body, headers = self._found()
        link = f'<{self.server.url}/wp-json/>; rel="https://api.w.org/"'
        common = {"Content-Type": kind, "Content-Length": str(len(body)), "Link": link}
        self.send_response(status)
        for name, value in {**common, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        return body

    def _found(self) -> tuple[int, str, bytes, Mapping[str, str]]:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        route, query = _route(self.path)
        login, path = self.headers.get("Authorization", ""), urlsplit(self.path).path
        if route is not None:
            reply = self.server.answer(Asked(self.command, route, query, login, body, self.path))
        elif page := self.server.pages.get(path):
            reply = page(self.command, query, body)
        else:
            return 200 if path == "/" else 404, "text/html; charset=UTF-8", _PAGE, {}
        if isinstance(reply.data, str):
            return reply.status, "text/html; charset=UTF-8", reply.data.encode(), reply.headers
        found = json.dumps(reply.data, ensure_ascii=False).encode()
        return reply.status, "application/json; charset=UTF-8", found, reply.headers

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: whoever tries things out looks elsewhere."""


def parameters(query: str) -> dict[str, str]:
    """The parameters of a query; ``a[]=x&a[]=y`` becomes ``a[0]`` and ``a[1]``, as in PHP."""
    found: dict[str, str] = {}
    places: Counter[str] = Counter()
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name.endswith("[]"):
            base = name[:-2]
            name, places[base] = f"{base}[{places[base]}]", places[base] + 1
        found[name] = value
    return found


def route_of(path: str, query: Mapping[str, str]) -> str | None:
    """The REST route in a request, None when it is a page."""
    if "rest_route" in query:
        return "/" + query["rest_route"].strip("/")
    if path == "/wp-json" or path.startswith("/wp-json/"):
        return "/" + path.removeprefix("/wp-json").strip("/")
    return XMLRPC if path == f"/{XMLRPC}" else None


def _route(target: str) -> tuple[str | None, dict[str, str]]:
    parts = urlsplit(target)
    query = parameters(parts.query)
    return route_of(parts.path, query), query
