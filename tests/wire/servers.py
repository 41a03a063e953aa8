"""Real SMTP servers for tests: aiosmtpd on a loop of its own, with what it took."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from app.dev import ports

USERNAME, PASSWORD = "ferry", "correct horse"


@dataclass
class Server:
    """A running server and what it took."""

    port: int = 0
    refuse: dict[str, str] = field(default_factory=dict)
    envelopes: list[Envelope] = field(default_factory=list)

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, name: str, offers: list[str]
    ) -> list[str]:
        """aiosmtpd answers pipelined commands well, it only does not say so."""
        session.host_name = name
        return [*offers[:-1], "250-PIPELINING", offers[-1]]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Takes senders, unless told otherwise."""
        if "MAIL" in self.refuse:
            return self.refuse["MAIL"]
        envelope.mail_from, envelope.mail_options = address, options
        return "250 2.1.0 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Takes messages, unless told otherwise."""
        if "DATA" in self.refuse:
            return self.refuse["DATA"]
        self.envelopes.append(envelope)
        return "250 2.0.0 taken"


def _login(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
) -> AuthResult:
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (
        USERNAME.encode(),
        PASSWORD.encode(),
    )
    message = None if known else "535 5.7.8 Username and Password not accepted"
    return AuthResult(success=known, handled=False, message=message)


@contextmanager
def smtp_server(
    *,
    starttls: ssl.SSLContext | None = None,
    implicit: ssl.SSLContext | None = None,
    **options: Any,
) -> Iterator[Server]:
    """A server on a free port; ``options`` are aiosmtpd's."""
    found = Server()
    loop = asyncio.new_event_loop()

    def protocol() -> SMTP:
        return SMTP(
            found,
            hostname="relay.example",
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=_login,
            auth_require_tls=options.pop("auth_require_tls", starttls is not None),
            loop=loop,
            **options,
        )

    listening = loop.run_until_complete(loop.create_server(protocol, "127.0.0.1", 0, ssl=implicit))
    found.port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield found
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(_wind_up(listening))
        loop.close()


async def _wind_up(listening: asyncio.Server) -> None:
    await ports.close(listening)
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0.01)
