"""A program that is told of alerts: a real HTTP server on this machine."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from app.dev import ports


@dataclass
class Request:
    """What came in."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers with ``status``; remembers everything in ``heard``. Its port stays its own until
    ``end``.
    """

    status: int = 204
    location: str = ""
    heard: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.heard.append(Request(self.path, dict(self.headers), body))
                self.send_response(receiver.status)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Silent."""

        self._kept = ports.kept()
        address = ("127.0.0.1", ports.number(self._kept))
        self._server = ThreadingHTTPServer(address, Handler)
        self.url = f"http://127.0.0.1:{address[1]}/hook?of=alerts"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Refuses connections from now on."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def end(self) -> None:
        """Goes away for good."""
        self.stop()
        self._kept.close()
