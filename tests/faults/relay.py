"""A relay that can be sick at any phase of a conversation, and that knows what it took."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from email import message_from_bytes

from app.dev import ports
from tests.waiting import PATIENCE

#: (phase, how many times this phase was reached before, recipient) -> what the sick relay does;
#: None: the usual. "drop" cuts, "stall" says nothing more, "slow" and "brief" answer late,
#: "take, then ..." takes the message first, "garbage" says what no server says; anything else is
#: said.
Sickness = Callable[[str, int, str], str | None]

#: Longer than a patient client waits in these tests, and well within.
STALL_SECONDS = 30.0
_LATE = {"slow": 0.15, "brief": 0.004}
_CUT = ("drop", "stall", "garbage")


class SickRelay:
    """An SMTP server on a free port of 127.0.0.1, which stays its own, in a thread of its own.

    ``taken``: the Message-ID of everything it took, each time. ``refused``: whom it said a
    final no to. ``doubtful``: whose message it got and never answered for. ``left_early``: whose
    message was the last one on a line that the client cut.
    """

    def __init__(self) -> None:
        self.sickness: Sickness | None = None
        self.taken: list[str] = []
        self.refused: set[str] = set()
        self.doubtful: set[str] = set()
        self.left_early: set[str] = set()
        self._kept = ports.kept()
        self.port = ports.number(self._kept)
        self._reached: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._visits: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.listen()

    def listen(self) -> None:
        """Takes connections."""
        making = asyncio.start_server(self._greet, "127.0.0.1", self.port, reuse_address=True)
        self._server = asyncio.run_coroutine_threadsafe(making, self._loop).result(PATIENCE)

    def hush(self) -> None:
        """Refuses connections, and cuts those that are open."""
        asyncio.run_coroutine_threadsafe(self._hush(), self._loop).result(PATIENCE)

    def end(self) -> None:
        """Goes away for good."""
        self.hush()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()
        self._kept.close()

    async def _hush(self) -> None:
        """Until nobody is left: who was just let in is not yet among the visits."""
        if self._server is not None:
            await ports.close(self._server)
        while asyncio.all_tasks() - {asyncio.current_task()}:
            for task, writer in self._visits.items():
                task.cancel()
                writer.transport.abort()  # also where the task has not even begun
            await asyncio.sleep(0.01)

    def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_Visit(self, reader, writer).run())
        self._visits[task] = writer
        task.add_done_callback(self._visits.pop)

    def act(self, phase: str, recipient: str) -> str | None:
        """What it does at this phase; None: the usual."""
        reached = self._reached[phase]
        self._reached[phase] += 1
        return self.sickness(phase, reached, recipient) if self.sickness else None


class _Over(Exception):
    """Nothing more is said on this connection."""


class _Visit:
    """One connection."""

    def __init__(
        self, relay: SickRelay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._relay, self._reader, self._writer = relay, reader, writer
        self._has_sender = False
        self._recipient = ""
        self._last = ""

    async def run(self) -> None:
        try:
            await self._answer("greeting", "220 relay.example")
            while line := await self._reader.readline():
                await self._hear(line.decode().strip())
            self._relay.left_early.add(self._last)
        except (ConnectionError, asyncio.IncompleteReadError):
            self._relay.left_early.add(self._last)
        except (_Over, asyncio.CancelledError):
            pass
        finally:
            self._writer.transport.abort()

    async def _hear(self, line: str) -> None:
        match line[:4].upper():
            case "EHLO":
                offers = "250-relay.example\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 AUTH PLAIN"
                await self._answer("ehlo", offers)
            case "STAR":
                await self._answer("starttls", "454 4.7.0 TLS not available")
            case "AUTH":
                await self._answer("auth", "235 2.7.0 ok")
            case "MAIL":
                self._recipient = ""
                self._has_sender = await self._answer("mail_from", "250 2.1.0 ok")
            case "RCPT" if not self._has_sender:
                await self._say("503 5.5.1 no sender")
            case "RCPT":
                recipient = line[line.index("<") + 1 : line.index(">")]
                if await self._answer("rcpt_to", "250 2.1.5 ok", recipient):
                    self._recipient = recipient
            case "DATA" if not self._recipient:
                await self._say("503 5.5.1 no recipient")
            case "DATA":
                if await self._answer("data", "354 go on", self._recipient):
                    await self._body()
            case "QUIT":
                await self._say("221 bye")
                raise _Over
            case _:
                await self._say("250 ok")

    async def _body(self) -> None:
        body = await self._reader.readuntil(b"\r\n.\r\n")
        relay, recipient = self._relay, self._recipient
        self._last = recipient
        act = relay.act("final_dot", recipient)
        takes = act is None or act in _LATE or str(act).startswith("take, ")
        act = str(act or "").removeprefix("take, then ")
        if act in ("drop", "stall"):
            relay.doubtful.add(recipient)
        if takes:
            relay.taken.append(str(message_from_bytes(body)["Message-ID"]))
        await self._do(act or "250 2.0.0 taken", "250 2.0.0 taken", recipient)

    async def _answer(self, phase: str, usual: str, recipient: str = "") -> bool:
        """Whether the usual was said."""
        act = self._relay.act(phase, recipient) or usual
        await self._do(act, usual, recipient)
        return act == usual or act in _LATE

    async def _do(self, act: str, usual: str, recipient: str) -> None:
        if act == "stall":
            await asyncio.sleep(STALL_SECONDS)
        if act in _LATE:
            await asyncio.sleep(_LATE[act])
            act = usual
        if act in _CUT:
            self._writer.write(b"\x15\x03garbage\r\n" if act == "garbage" else b"")
            raise _Over
        if act.startswith("5") and recipient:
            self._relay.refused.add(recipient)
        await self._say(act)
        if act.startswith("421"):
            raise _Over

    async def _say(self, words: str) -> None:
        self._writer.write(f"{words}\r\n".encode())
        await self._writer.drain()
