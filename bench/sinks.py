"""Where mail of a bench goes: Postfix's smtp-sink, and a line to it that is slow."""

import asyncio
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from app.dev import ports
from bench.missing import tool

#: Seconds for it to listen, on a machine that may be very busy.
_PATIENCE = 120.0


@contextmanager
def sink(*options: str) -> Iterator[int]:
    """A running smtp-sink; gives its port. ``-p`` among the options hides PIPELINING."""
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    with ports.kept() as kept:
        port = ports.number(kept)
        command = [tool("smtp-sink"), *user, *options, f"127.0.0.1:{port}", "1000"]
        running = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            _await(running, port)
            yield port
        finally:
            running.terminate()
            running.wait()


def _await(running: subprocess.Popen[bytes], port: int) -> None:
    """Until it listens: nobody else can on a port that is kept."""
    waiting, end = threading.Event(), monotonic() + _PATIENCE
    while running.poll() is None and monotonic() < end:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        waiting.wait(0.02)
    raise RuntimeError(f"smtp-sink does not listen (exit code: {running.poll()})")


class _Slow(asyncio.Protocol):
    """One end of a line on which everything arrives ``delay`` seconds later, in order."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport | None = None
        self.other: _Slow | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._loop.call_later(self._delay, self._pass_on, data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._loop.call_later(self._delay, self._end)

    def _pass_on(self, data: bytes) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write(data)

    def _end(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()


class _Front(_Slow):
    """The end that clients see; it holds what they say until the other end is connected."""

    def __init__(self, delay: float, port: int) -> None:
        super().__init__(delay)
        self._port = port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._joining = self._loop.create_task(self._join())

    async def _join(self) -> None:
        back = _Slow(self._delay)
        back.other = self
        await self._loop.create_connection(lambda: back, "127.0.0.1", self._port)
        self.other = back


@contextmanager
def slow_line(port: int, round_trip: float) -> Iterator[int]:
    """A port that leads to ``port`` with ``round_trip`` seconds there and back."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    making = loop.create_server(lambda: _Front(round_trip / 2, port), "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(making, loop).result(5)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        asyncio.run_coroutine_threadsafe(asyncio.sleep(2 * round_trip), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
