"""Opens a line: name, connection, greeting, EHLO, TLS and login, each with its own words.

aiosmtplib speaks these first sentences; then its transport is handed to our own protocol,
because it cannot speak ahead of the replies.
"""

import asyncio
import os
import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import cast

import aiosmtplib
from aiosmtplib.errors import SMTPAuthenticationError, SMTPException, SMTPResponseException

from app.rules.replies.meaning import Reply
from app.wire.hearing import tidy
from app.wire.line import Line
from app.wire.resolving import NotAllowed, connect, resolve
from app.wire.trust import authorities

__all__ = ["Endpoint", "LineRefused", "Step", "open_line"]

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_NOT_IMPLEMENTED = (500, 502)
_OTHER_METHOD = (500, 501, 502, 503, 504, 534, 538)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a relay is and how to log in there.

    ``encryption``: "tls" (STARTTLS, required), "ssl" (TLS from the first byte), "none".
    ``username`` "" means no login. ``hello_name`` "" means this machine's name.
    ``connect_seconds`` bounds the whole opening. ``allow_private`` False refuses private and
    loopback addresses before anything is said. ``tls_trusted``: whom to trust instead of the
    system's authorities.
    """

    host: str
    port: int
    encryption: str
    username: str
    password: str = field(repr=False)
    hello_name: str = ""
    connect_seconds: float = 30.0
    reply_seconds: float = 60.0
    final_reply_seconds: float = 600.0
    allow_private: bool = True
    tls_trusted: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an opening that went well: what was heard, and how long it took."""

    phase: str
    code: int | None
    text: str
    seconds: float


class LineRefused(Exception):
    """The line could not be opened; ``reply`` says at which step and in whose words."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"{reply.phase}: {reply.code or ''} {reply.text}".replace("  ", " "))
        self.reply = reply


async def open_line(endpoint: Endpoint, *, tell: Callable[[Step], None] | None = None) -> Line:
    """A logged-in line. Raises LineRefused only. ``tell`` is given each step that went well."""
    opening = _Opening(endpoint, tell)
    seconds = endpoint.connect_seconds
    try:
        async with asyncio.timeout(seconds):
            return await opening.run()
    except SMTPResponseException as error:
        code = error.code if 200 <= error.code < 600 else None
        reply = Reply(opening.phase, code, tidy(" ".join(error.message.split("\n"))))
    except TimeoutError:
        reply = Reply(opening.phase, None, f"no answer within {seconds:g} seconds")
    except (SMTPException, NotAllowed, OSError, ValueError) as error:
        reply = Reply(opening.phase, None, _sentence(error))
    raise LineRefused(reply)


class _Opening:
    def __init__(self, endpoint: Endpoint, tell: Callable[[Step], None] | None) -> None:
        self._endpoint = endpoint
        self._tell = tell
        self._since = asyncio.get_running_loop().time()
        self.phase = "dns"

    async def run(self) -> Line:
        there = self._endpoint
        places = await resolve(there.host, there.port, allow_private=there.allow_private)
        self._done(None, ", ".join(str(where[0]) for _, where in places), then="connect")
        sock = await connect(places)
        self._done(None, f"{sock.getpeername()[0]} port {there.port}", then="greeting")
        client = await self._client(sock)
        try:
            await self._introduce(client)
            return self._taken_over(client)
        except BaseException:
            if client.transport is not None:  # at once: nobody may be there to say goodbye to
                cast(asyncio.Transport, client.transport).abort()
            client.close()
            raise

    async def _client(self, sock: socket.socket) -> aiosmtplib.SMTP:
        """Closes the socket when it does not come to that."""
        there = self._endpoint
        try:
            return aiosmtplib.SMTP(
                hostname=there.host,
                sock=sock,
                use_tls=there.encryption == "ssl",
                start_tls=False,
                tls_context=await _trusted(there),
                local_hostname=_hello(there.hello_name or await asyncio.to_thread(_own_name)),
                timeout=None,
            )
        except BaseException:
            sock.close()
            raise

    async def _introduce(self, client: aiosmtplib.SMTP) -> None:
        there = self._endpoint
        await self._greeting(client)
        await self._ehlo(client)
        if there.encryption == "tls":
            self.phase = "starttls"
            answer = await client.starttls()
            self._done(answer.code, _tls_words(client), then="ehlo")
            await self._ehlo(client)
        if there.username:
            self.phase = "auth"
            answer = await self._login(client)
            self._done(answer.code, answer.message, then="")

    async def _greeting(self, client: aiosmtplib.SMTP) -> None:
        if self._endpoint.encryption == "ssl":
            self.phase = "starttls"
        try:
            answer = await client.connect()
        except SMTPResponseException:
            self.phase = "greeting"
            raise
        if self._endpoint.encryption == "ssl":
            self._done(None, _tls_words(client), then="greeting")
        self._done(answer.code, answer.message, then="ehlo")

    async def _ehlo(self, client: aiosmtplib.SMTP) -> None:
        try:
            answer = await client.ehlo()
        except SMTPResponseException as error:
            if error.code not in _NOT_IMPLEMENTED:
                raise
            answer = await client.helo()
        self._done(answer.code, answer.message, then="")

    async def _login(self, client: aiosmtplib.SMTP) -> aiosmtplib.SMTPResponse:
        """Says who we are once: asking again after a refusal only looks like guessing."""
        name, password = self._endpoint.username, self._endpoint.password
        ways = {"plain": client.auth_plain, "login": client.auth_login}
        if client.get_transport_info("sslcontext") is None:
            ways = {"cram-md5": client.auth_crammd5} | ways
        offered = [way for method, way in ways.items() if method in client.server_auth_methods]
        if not offered:
            raise SMTPException(_no_login(client))
        for way in offered[:-1]:
            try:
                return await way(name, password)
            except SMTPAuthenticationError as error:
                if error.code not in _OTHER_METHOD:
                    raise
        return await offered[-1](name, password)

    def _taken_over(self, client: aiosmtplib.SMTP) -> Line:
        """Our protocol in place of aiosmtplib's, and nothing that was already read is lost."""
        there, protocol = self._endpoint, client.protocol
        if protocol is None or protocol.transport is None or protocol.transport.is_closing():
            raise SMTPException("the server closed the connection")
        transport = cast(asyncio.Transport, protocol.transport)
        line = Line(
            transport,
            client.esmtp_extensions,
            reply_seconds=there.reply_seconds,
            final_reply_seconds=there.final_reply_seconds,
        )
        unread = bytes(protocol._buffer)
        transport.set_protocol(line)
        if unread:
            line.listen(unread)
        return line

    def _done(self, code: int | None, text: str, *, then: str) -> None:
        now = asyncio.get_running_loop().time()
        if self._tell:
            self._tell(Step(self.phase, code, tidy(text), now - self._since))
        self._since, self.phase = now, then or self.phase


def _no_login(client: aiosmtplib.SMTP) -> str:
    if not client.server_auth_methods:
        return "the server offers no login (AUTH); it may do so only over TLS, or need none"
    offered = " ".join(client.server_auth_methods).upper()
    return f"the server offers only logins that are not spoken here: {offered}"


def _tls_words(client: aiosmtplib.SMTP) -> str:
    found = client.get_transport_info("ssl_object")
    return f"{found.version()} {found.cipher()[0]}"


def _sentence(error: Exception) -> str:
    cause: BaseException = error
    while isinstance(cause, SMTPException) and cause.__cause__ is not None:
        cause = cause.__cause__
    text = str(cause)
    if isinstance(cause, ssl.SSLError | socket.gaierror):
        text = re.sub(r" ?\(_ssl\.c:\d+\)", "", cause.strerror or text)
    elif isinstance(cause, OSError) and cause.errno:
        text = os.strerror(cause.errno)
    return tidy(text) or type(cause).__name__


def _hello(name: str) -> str:
    return name if _NAME.fullmatch(name) else "[127.0.0.1]"


@cache
def _own_name() -> str:
    return socket.getfqdn()


async def _trusted(there: Endpoint) -> ssl.SSLContext | None:
    if there.encryption == "none":
        return None
    return there.tls_trusted or await authorities()
