"""One open connection to a relay, after login: what is said on it and what is heard."""

import asyncio
import select
from collections import deque
from collections.abc import Callable, Mapping
from typing import Literal

from app.wire import certificate
from app.wire.certificate import Tls
from app.wire.hearing import MOST_UNREAD, Ear, Garbled, Heard, tidy

#: How far ahead of the replies we speak, from careful to fast.
Level = Literal["lock_step", "group", "overlap"]

QUIT_SECONDS = 5.0
READ_BYTES = 16384
_LOOKS = 50


class Silence(Exception):
    """No reply will come any more: the line is lost; says why."""


class Line(asyncio.BufferedProtocol):
    """A logged-in connection; ``transport`` is already connected and is owned from now on.

    ``extensions``: what EHLO advertised, keywords in lower case -> parameters. ``level``: how
    far ahead we speak; set it before a conversation to what this relay was seen to bear, read
    it afterwards: an anomaly steps it down. ``carried``: messages said here so far. ``dirty``:
    a refusal was heard, so the next message begins with RSET. ``overhear`` is told each
    command and each reply, never a body.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        extensions: Mapping[str, str],
        *,
        reply_seconds: float = 60.0,
        final_reply_seconds: float = 600.0,
    ) -> None:
        self.extensions = dict(extensions)
        self.pipelining = "pipelining" in self.extensions
        self.smtputf8 = "smtputf8" in self.extensions
        self.eight_bit = "8bitmime" in self.extensions
        self.size_limit = _size_limit(self.extensions.get("size"))
        self.reply_seconds = reply_seconds
        self.final_reply_seconds = final_reply_seconds
        self.level: Level = "overlap" if self.pipelining else "lock_step"
        self.carried = 0
        self.dirty = False
        self.overhear: Callable[[str, str], None] | None = None
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._buffer = memoryview(bytearray(READ_BYTES))
        self._ear = Ear()
        self._replies: deque[Heard] = deque()
        self._ended = ""
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._patience = self._deadline = 0.0
        self._unsent = 0
        self._gone: asyncio.Future[None] = self._loop.create_future()
        self._poll = select.poll()
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
        self._closed = False

    @property
    def ended(self) -> str:
        """Why the line is lost, "" while it is not."""
        return self._ended

    @property
    def lost(self) -> bool:
        """Whether nothing more can be said here."""
        return bool(self._ended) or self._closed

    @property
    def tls(self) -> Tls | None:
        """What protects this line, None when nothing does."""
        found = self._transport.get_extra_info("ssl_object")
        return certificate.of(found) if found is not None else None

    @property
    def unread(self) -> int:
        """How many replies came that nobody has heard yet."""
        return len(self._replies)

    def say(self, command: bytes) -> None:
        """Hands complete commands (CRLF at the end) to the network."""
        if self.overhear:
            for one in command.decode("utf-8", "replace").splitlines():
                self.overhear(">", one)
        self._transport.write(command)

    def hand_over(self, body: bytes, commands: bytes = b"") -> None:
        """Hands over a message, dot included, and the commands of the next one in one write."""
        if self.overhear:
            self.overhear(">", f"(the message, {len(body)} bytes)")
        self._transport.write(body + commands if commands else body)

    async def hear(self, seconds: float) -> Heard:
        """The next reply. Raises Silence when none comes within ``seconds``, or ever."""
        if not self._replies:
            self._wait_until(seconds)
        while not self._replies:
            if self._ended:
                raise Silence(self._ended)
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        code, words = self._replies.popleft()
        if self.overhear:
            self.overhear("<", f"{code} {tidy(words)}".strip())
        return code, words

    def goes_ahead(self) -> bool:
        """Whether the replies to a whole envelope came as hoped for; then they are heard."""
        came = self._replies
        if len(came) < 3 or self.overhear or came[0][0] >= 300 or came[1][0] >= 300:
            return False
        if came[2][0] == 354:
            for _ in range(3):
                came.popleft()
            return True
        return False

    def stirs(self) -> bool:
        """Whether the server said something that was not let in yet."""
        return not self._ended and bool(self._poll.poll(0))

    async def settle(self) -> None:
        """Lets in what the server already said, before more is said to it.

        Writing to a server that has answered and closed makes the kernel throw the answer away.
        """
        for _ in range(_LOOKS):
            if not self.stirs():
                return
            await asyncio.sleep(0)

    async def still_open(self) -> bool:
        """Whether the next message may be said here; an idle close is noticed, and no fault."""
        await self.settle()
        if self._replies and not self._ended:
            code, words = self._replies[0]
            self.abort(f"the server ended the line: {code} {tidy(words)}".rstrip())
        return not self.lost

    async def quit(self) -> None:
        """Takes leave politely, within seconds; never raises."""
        try:
            if not self.lost:
                self.say(b"QUIT\r\n")
                await self.hear(min(QUIT_SECONDS, self.reply_seconds))
        except Silence:
            pass
        self._closed = True
        self._transport.close()
        await asyncio.wait([self._gone], timeout=1.0)
        self.abort()

    def abort(self, why: str = "we closed the line") -> None:
        """Drops the line at once; what was not yet on its way is never said."""
        self._ended = self._ended or why
        self._closed = True
        self._transport.abort()
        self._wake()

    def get_buffer(self, sizehint: int) -> memoryview:
        """asyncio: where to put what comes; one small buffer instead of a large one each time."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """asyncio: bytes came."""
        self.listen(bytes(self._buffer[:nbytes]))

    def listen(self, data: bytes) -> None:
        """Takes in bytes from the server."""
        try:
            self._replies.extend(self._ear.listen(data))
            if len(self._replies) > MOST_UNREAD:
                self.abort("the server talks without being asked")
        except Garbled as error:
            self._replies.extend(error.heard)
            self.abort(f"out of step: {error}")
        self._wake()

    def eof_received(self) -> bool:
        """asyncio: the server closed its side; so do we."""
        self._ended = self._ended or "the server closed the connection"
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: it is over."""
        self._ended = self._ended or (
            f"the connection was lost: {tidy(str(exc))}" if exc else "the connection was closed"
        )
        if self._timer is not None:
            self._timer.cancel()
        if not self._gone.done():
            self._gone.set_result(None)
        self._wake()

    def _wait_until(self, seconds: float) -> None:
        """From now on a reply is due within ``seconds``. The timer is left where it is when it is
        early enough: making one for each reply costs more than the reply.
        """
        self._patience, self._deadline = seconds, self._loop.time() + seconds
        self._unsent = self._transport.get_write_buffer_size()
        if self._timer is None or self._timer.when() > self._deadline:
            self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._look_at_the_time)

    def _look_at_the_time(self, last: bool = False) -> None:
        """A body that is still going out, however slowly, has time; silence has not.

        A process that had no turn for a while is late itself: what came meanwhile waits in the
        kernel, and is let in before anybody is called silent.
        """
        self._timer = None
        if self._waiter is None or self._waiter.done() or self._closed:
            return
        if self._loop.time() < self._deadline:
            self._arm()
        elif self._transport.get_write_buffer_size() < self._unsent:
            self._wait_until(self._patience)
        elif not last and self._poll.poll(0):
            self._timer = self._loop.call_at(self._deadline, self._look_at_the_time, True)
        else:
            self.abort(f"no reply within {self._patience:g} seconds")

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _size_limit(parameter: str | None) -> int | None:
    if not parameter or not parameter.isascii() or not parameter.isdigit() or len(parameter) > 20:
        return None
    return int(parameter)
