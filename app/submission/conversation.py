"""One connection of a program that hands mail in: SMTP, stricter than usual."""

import asyncio
import ssl
from ipaddress import ip_address
from typing import cast

from aiosmtpd.smtp import SMTP

from app.submission.desk import Desk

#: Nobody may guess keys for long, and nobody may keep a connection for ever.
_LIMITS = {"*": 100_000, "AUTH": 10, "NOOP": 1_000}
_SECONDS = 300.0
_BARE = b"521 5.5.2 Every line ends with CR LF: a CR or LF stood alone\r\n"
_FULL = b"421 4.7.0 Too many connections: try again later\r\n"


class Doorway:
    """Who is connected, and how many may be."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.inside: set[Conversation] = set()

    def close(self) -> None:
        """Cuts every connection; what was not answered was not taken."""
        for one in list(self.inside):
            one.leave()


class Conversation(SMTP):
    """Wants a login; offers it only with TLS, or to this very machine.

    A line that ends with a bare CR or LF ends the connection, wherever it stands: what one server
    takes for a line and the next one does not is how a mail is smuggled into another one.
    """

    def __init__(
        self,
        desk: Desk,
        doorway: Doorway,
        *,
        name: str,
        tls: ssl.SSLContext | None,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(
            desk,
            data_size_limit=desk.measures.largest,
            hostname=name,
            ident="pressferry",
            tls_context=tls,
            timeout=_SECONDS,
            auth_required=True,
            authenticator=desk.authenticate,
            command_call_limit=_LIMITS,
            loop=loop,
        )
        self._doorway = doorway
        self._half = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: somebody connected, or TLS began."""
        if self not in self._doorway.inside:
            self._doorway.inside.add(self)
            peer = transport.get_extra_info("peername")
            self._auth_require_tls = not ip_address(peer[0]).is_loopback
        super().connection_made(transport)
        if len(self._doorway.inside) > self._doorway.most:
            self._part(_FULL)

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: they are gone."""
        self._doorway.inside.discard(self)
        super().connection_lost(error)
        self._writer.close()  # of TLS, which aiosmtpd leaves open

    def data_received(self, data: bytes) -> None:
        """asyncio: they said something."""
        seen = self._half + data
        self._half = b"\r" if seen.endswith(b"\r") else b""
        whole = seen[:-1] if self._half else seen
        ends = whole.count(b"\r\n")
        if whole.count(b"\n") != ends or whole.count(b"\r") != ends:
            self._part(_BARE)
            return
        super().data_received(data)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        """The name of a way to log in may be written in small letters."""
        mechanism, space, rest = (arg or "").partition(" ")
        await super().smtp_AUTH(mechanism.upper() + space + rest)

    def leave(self) -> None:
        """Cuts the connection."""
        if self.transport is not None:
            cast(asyncio.Transport, self.transport).abort()

    def _part(self, words: bytes) -> None:
        transport = cast(asyncio.Transport, self.transport)
        if transport is not None and not transport.is_closing():
            transport.write(words)
            transport.close()
