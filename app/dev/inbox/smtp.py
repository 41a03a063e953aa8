"""The SMTP side of the inbox: takes every mail, and can die like a real relay."""

import asyncio
import socket
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, AnyStr, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from app import clock
from app.dev import ports
from app.dev.inbox.mail import Mail

#: A leaving connection is read for this long, so that our last words are not lost in a reset.
FAREWELL_SECONDS = 2.0
_FAREWELL = b"421 4.3.2 this inbox takes no more\r\n"


class Desk:
    """Takes mail on a thread of its own. ``mails``: what was taken, oldest first.

    A mail is promised its place when it begins, so that exactly ``die_after`` are taken and
    no connection is ever closed in the middle of one. While it is dead its port stays its own:
    what is sent to it must not reach whoever else looks for a free port meanwhile.
    """

    def __init__(self, port: int, *, die_after: int | None = None) -> None:
        self.mails: list[Mail] = []
        self.port = port
        self.dead = False
        self._left = die_after
        self._promised = 0
        self._clerks: set[Clerk] = set()
        self._listening: asyncio.Server | None = None
        self._kept: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to listen. Raises OSError when the port is in use."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="inbox", daemon=True)
        self._thread.start()
        try:
            self._do(self._listen())
        except BaseException:
            self.stop()
            raise

    def revive(self) -> None:
        """Listens again, without a limit."""
        self._do(self._revive())

    def stop(self) -> None:
        """Closes everything; harmless when it was never started."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        self._do(self._close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        self._loop = self._thread = None

    def promise(self) -> bool:
        """Whether one more mail may begin; it holds a place until it is taken or given up."""
        if self.dead or (self._left is not None and self._promised >= self._left):
            return False
        self._promised += 1
        return True

    def give_up(self) -> None:
        """A mail that had begun did not come."""
        self._promised -= 1

    async def take(self, envelope: Envelope) -> None:
        """A mail that had begun has come."""
        self._promised -= 1
        number = len(self.mails) + 1
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        to = [str(address) for address in envelope.rcpt_tos]
        self.mails.append(Mail(number, envelope.mail_from or "", to, raw, clock.now()))
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                await self._die()

    def came(self, clerk: "Clerk") -> None:
        """A connection was opened."""
        self._clerks.add(clerk)

    def went(self, clerk: "Clerk") -> None:
        """A connection is gone."""
        self._clerks.discard(clerk)

    async def _die(self) -> None:
        if self._listening is not None:
            listening, self._listening = self._listening, None
            await ports.close(listening)
            with suppress(OSError):  # somebody was quicker
                self._kept = ports.kept(self.port)
        self.dead = True
        asyncio.get_running_loop().call_soon(self._send_home)

    def _send_home(self) -> None:
        for clerk in list(self._clerks):
            clerk.say_farewell()

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        mine, self._kept = self._kept or ports.kept(self.port), None
        self.port = ports.number(mine)
        try:
            self._listening = await loop.create_server(lambda: Clerk(self, loop), sock=mine)
        except BaseException:
            mine.close()
            raise

    async def _revive(self) -> None:
        self._left, self.dead = None, False
        if self._listening is None:
            await self._listen()

    async def _close(self) -> None:
        if self._listening is not None:
            await ports.close(self._listening)
            self._listening = None
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for clerk in list(self._clerks):
            clerk.leave()
        await asyncio.sleep(0)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        if self._loop is None:
            work.close()
            raise RuntimeError("the inbox is not running")
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


class Clerk(SMTP):
    """One connection to the inbox."""

    def __init__(self, desk: Desk, loop: asyncio.AbstractEventLoop) -> None:
        self._desk = desk
        self._line: asyncio.Transport
        self._holds = False
        self._leaving = False
        super().__init__(
            _Hooks(),
            hostname="inbox.localhost",
            ident="pressferry dev inbox",
            enable_SMTPUTF8=True,
            authenticator=_anybody,
            auth_require_tls=False,
            loop=loop,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: somebody connected."""
        self._line = cast(asyncio.Transport, transport)
        super().connection_made(transport)
        self._desk.came(self)
        if self._desk.dead:
            self.say_farewell()

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: they are gone."""
        self._give_up()
        self._desk.went(self)
        super().connection_lost(error)

    async def push(self, status: AnyStr) -> None:
        """Says a reply; nothing any more after the farewell."""
        if not self._leaving:
            await super().push(status)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        """A mail begins, if it is promised a place."""
        if not self._holds and not self._desk.promise():
            self.say_farewell()
            return
        self._holds = True
        await super().smtp_MAIL(arg)

    async def smtp_RSET(self, arg: str | None) -> None:  # noqa: N802
        """The mail that had begun does not come."""
        self._give_up()
        await super().smtp_RSET(arg)

    async def has_come(self, envelope: Envelope) -> None:
        """The mail that had begun has come."""
        self._holds = False
        await self._desk.take(envelope)

    def say_farewell(self) -> None:
        """Says goodbye and closes when the other side has heard it, or after seconds."""
        if self._leaving or self._line.is_closing():
            return
        self._leaving = True
        self._line.write(_FAREWELL)
        with suppress(OSError):  # they may be gone already
            self._line.write_eof()
        self.loop.call_later(FAREWELL_SECONDS, self.leave)

    def leave(self) -> None:
        """Closes the connection."""
        self._line.close()

    def _give_up(self) -> None:
        if self._holds:
            self._holds = False
            self._desk.give_up()


class _Hooks:
    async def handle_EHLO(  # noqa: N802
        self, server: Clerk, session: Session, envelope: Envelope, name: str, offers: list[str]
    ) -> list[str]:
        """aiosmtpd answers pipelined commands well, it only does not say so."""
        session.host_name = name
        return [*offers[:-1], "250-PIPELINING", offers[-1]]

    async def handle_DATA(self, server: Clerk, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """A mail has come."""
        await server.has_come(envelope)
        return "250 2.0.0 taken"


def _anybody(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
) -> AuthResult:
    return AuthResult(success=True, auth_data=data)
