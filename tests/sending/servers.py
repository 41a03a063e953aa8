"""Real SMTP servers in the process, which can be told to behave badly."""

import asyncio
import threading
import warnings
from collections.abc import Callable
from email import message_from_bytes, policy
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from app.dev import ports
from tests.waiting import PATIENCE

#: What a server says for an address; None: the usual. "drop" cuts the connection.
Says = Callable[[str], str | None]


class RelayServer:
    """An SMTP server on a free port of 127.0.0.1, which stays its own until ``end``.

    ``mail``, ``rcpt`` and ``dot`` may be set to functions of the recipient (for ``mail``: the
    sender) that say what to answer; ``hold_back`` may keep the answer to a body back until an
    event. What was taken is in ``taken``: (Message-ID, recipient).
    """

    def __init__(self, *, pipelining: bool = True, password: str | None = None) -> None:
        self.taken: list[tuple[str, str]] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self.mail: Says = lambda _: None
        self.rcpt: Says = lambda _: None
        self.dot: Says = lambda _: None
        self.before_dot: Callable[[], Any] | None = None
        self.hold_back: Callable[[str], threading.Event | None] = lambda _: None
        self.pipelining = pipelining
        self.password = password
        self._listening: _Listening | None = None
        self._kept = ports.kept()
        self.port = ports.number(self._kept)

    def start(self) -> "RelayServer":
        """Listens; again on the same port after ``stop``."""
        self._listening = _Listening(self, self.port)
        return self

    def stop(self) -> None:
        """Refuses connections from now on and cuts those that are open."""
        if self._listening is not None:
            listening, self._listening = self._listening, None
            listening.stop()

    def end(self) -> None:
        """Goes away for good."""
        self.stop()
        self._kept.close()

    @property
    def recipients(self) -> list[str]:
        """Who was written to, in order."""
        return [recipient for _, recipient in self.taken]

    async def handle_EHLO(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        more = ["250-PIPELINING"] if self.pipelining else []
        return [*responses[:-1], *more, responses[-1]]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = self.mail(address)
        if said is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return _answer(server, said)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = self.rcpt(address)
        if said is None:
            envelope.rcpt_tos.append(address)
        return _answer(server, said)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.before_dot is not None:
            await asyncio.get_running_loop().run_in_executor(None, self.before_dot)
        recipient = envelope.rcpt_tos[0]
        if (until := self.hold_back(recipient)) is not None:
            await asyncio.get_running_loop().run_in_executor(None, until.wait)
        said = self.dot(recipient)
        if said is None or said == "take and drop":
            content = bytes(envelope.content or b"")
            message = message_from_bytes(content, policy=policy.default)
            self.taken.append((str(message["Message-ID"]), recipient))
            self.bodies.append(content)
        return _answer(server, said)

    def authenticate(self, server: Any, session: Any, envelope: Any, how: str, data: Any) -> Any:
        good = data.password.decode() == self.password
        return AuthResult(success=good, handled=False)


def _answer(server: SMTP, said: str | None) -> str:
    if said in ("drop", "take and drop"):
        _cut(server)
        return "421 gone"
    return said or "250 OK"


def _cut(server: SMTP) -> None:
    if server.transport is not None:
        server.transport.abort()


class _Counting(SMTP):
    def __init__(self, owner: RelayServer, controller: "_Listening", *args: Any, **kw: Any) -> None:
        self._owner, self._all = owner, controller
        super().__init__(*args, **kw)

    def connection_made(self, transport: Any) -> None:
        self._owner.connections += 1
        self._all.open.append(self)
        super().connection_made(transport)


class _Listening:
    """A loop in a thread with one listening socket."""

    def __init__(self, owner: RelayServer, port: int) -> None:
        self._owner = owner
        self.open: list[SMTP] = []
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        making = self.loop.create_server(self._factory, "127.0.0.1", port, reuse_address=True)
        self._server = asyncio.run_coroutine_threadsafe(making, self.loop).result(PATIENCE)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self.loop).result(PATIENCE)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE)
        self.loop.close()

    async def _stop(self) -> None:
        """Until nobody is left: who was just let in is not yet among those that are open."""
        await ports.close(self._server)
        while True:
            for server in self.open:
                _cut(server)
            await asyncio.sleep(0.01)
            others = asyncio.all_tasks() - {asyncio.current_task()}
            if not others and all(server.transport is None for server in self.open):
                return
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    def _factory(self) -> SMTP:
        auth = self._owner.password is not None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # AUTH without TLS is what these tests want
            return self._make(auth)

    def _make(self, auth: bool) -> SMTP:
        return _Counting(
            self._owner,
            self,
            self._owner,
            loop=self.loop,
            authenticator=self._owner.authenticate if auth else None,
            auth_required=auth,
            auth_require_tls=False,
        )
