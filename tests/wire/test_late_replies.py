"""A sender that had no turn for a while is late itself: what came meanwhile is no silence."""

import asyncio
import socket
import threading

from app.wire.hearing import Heard
from app.wire.line import Line
from app.wire.opening import open_line
from tests.waiting import PATIENCE
from tests.wire.scripted import Relay

SECONDS = 0.3


class Slow:
    """A server that answers NOOP when it is told to, and then says no more."""

    def __init__(self) -> None:
        self.asked, self.go_on, self.answered = (threading.Event() for _ in range(3))
        self.over = threading.Event()

    def serve(self, listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"220 hi\r\n")
            connection.recv(4096)
            connection.sendall(b"250 me\r\n")
            connection.recv(4096)
            self.asked.set()
            self.go_on.wait(PATIENCE)
            connection.sendall(b"250 taken\r\n")
            self.answered.set()
            self.over.wait(PATIENCE)


def test_what_came_while_the_loop_was_late_is_heard() -> None:
    """The deadline passes, then the reply comes, and only then the loop looks at either."""

    async def run(port: int) -> Heard:
        loop = asyncio.get_running_loop()
        line: Line = await open_line(Relay(port).endpoint)
        line.say(b"NOOP\r\n")
        slow.asked.wait(PATIENCE)
        deadline = loop.time() + SECONDS
        late = threading.Event()
        loop.call_at(deadline - 0.2, lambda: late.wait(deadline + 0.1 - loop.time()))
        loop.call_at(deadline - 0.1, _answer)
        try:
            return await line.hear(SECONDS)
        finally:
            line.abort()

    def _answer() -> None:
        slow.go_on.set()
        slow.answered.wait(PATIENCE)

    slow = Slow()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=slow.serve, args=(listening,))
        thread.start()
        try:
            heard = asyncio.run(run(listening.getsockname()[1]))
        finally:
            slow.go_on.set()
            slow.over.set()
            thread.join()
    assert heard == (250, b"taken")
