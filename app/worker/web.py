"""The web application behind waitress: an address of its own, a thread of its own."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from types import TracebackType
from typing import Self

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from app.runtime import Runtime
from app.worker import refusals
from app.worker.alone import Busy


class Listener:
    """The address that is listened on, taken before anything else is started.

    Port 0 takes a free one.
    """

    def __init__(self, host: str, port: int) -> None:
        try:
            self.socket = _bound(host, port)
        except (OSError, OverflowError) as error:
            raise Busy(
                f"cannot listen on {host}:{port} ({error}): choose another address with --host "
                "and --port (--port 0 takes a free one)"
            ) from None
        self._host = host
        self.port: int = self.socket.getsockname()[1]

    @property
    def url(self) -> str:
        """Where this server is, as its own machine sees it."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return ip_address(self.socket.getsockname()[0]).is_loopback

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close()


def _bound(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise OverflowError("a port is 0 to 65535")
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except BaseException:
        made.close()
        raise
    return made


def _most(app: Flask) -> int:
    """How much is taken in at all; what a route takes is its own affair."""
    return max(2**25, _largest_upload(app) + 1_000_000)


def _largest_upload(app: Flask) -> int:
    runtime: Runtime | None = app.extensions.get("pressferry")
    return runtime.largest_upload if runtime else 2**25


class Web:
    """Answers requests while the context lasts; ``failed`` is called when it can no longer, and
    ``crashed`` tells whether that came unasked.
    """

    def __init__(self, app: Flask, listener: Listener, *, failed: Callable[[], None]) -> None:
        self._server = create_server(
            app, sockets=[listener.socket], threads=8, ident=None, max_request_body_size=_most(app)
        )
        self._server.channel_class = refusals.channel(_largest_upload(app))
        self._failed = failed
        self._leaving = False
        self.crashed = False
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Takes no new connection, finishes the requests under way (up to 5 s)."""
        self._leaving = True
        trigger = self._server.trigger
        # First only the listening socket: the loop's trigger is what lets the last answers out.
        trigger.pull_trigger(lambda: wasyncore.dispatcher.close(self._server))
        self._server.task_dispatcher.shutdown(cancel_pending=False, timeout=5)
        with suppress(OSError):  # a pull for an answer may have run it, and closed the pipe
            trigger.pull_trigger(trigger.close)
        self._thread.join(timeout=1)

    def _run(self) -> None:
        try:
            self._server.run()
        finally:
            self.crashed = not self._leaving
            self._failed()
