"""The HTTP side of the stand-in WordPress: pages and REST routes in both of their forms."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_PAGE = b"<!DOCTYPE html><title>A WordPress to try things out with</title>"


@dataclass(frozen=True)
class Reply:
    """What a route answers."""

    status: int
    data: Any
    headers: Mapping[str, str] = field(default_factory=dict)


#: Route, query and Authorization header -> what is answered.
Answer = Callable[[str, Mapping[str, str], str], Reply]


class Front(ThreadingHTTPServer):
    """Listens on 127.0.0.1 and asks ``answer`` for everything below the REST root."""

    daemon_threads = True

    def __init__(self, answer: Answer, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answer = answer
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "pressferry-stand-in"
    server: Front

    def do_GET(self) -> None:
        self.wfile.write(self._begin())

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
        route, query = _route(self.path)
        if route is None:
            is_front = urlsplit(self.path).path == "/"
            return 200 if is_front else 404, "text/html; charset=UTF-8", _PAGE, {}
        reply = self.server.answer(route, query, self.headers.get("Authorization", ""))
        body = json.dumps(reply.data, ensure_ascii=False).encode()
        return reply.status, "application/json; charset=UTF-8", body, reply.headers

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: whoever tries things out looks elsewhere."""


def _route(target: str) -> tuple[str | None, dict[str, str]]:
    """The REST route in a request's target, None when it is a page."""
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if "rest_route" in query:
        return "/" + query["rest_route"].strip("/"), query
    if parts.path == "/wp-json" or parts.path.startswith("/wp-json/"):
        return "/" + parts.path.removeprefix("/wp-json").strip("/"), query
    return None, query
