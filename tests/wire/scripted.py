"""A server that follows a script, so that every odd thing a relay may do can be played.

A script is text, one step per line: ``S: words`` the server says them; ``C: WORD`` it waits for
a command that begins so; ``body`` it takes a message up to its dot; ``close`` and ``reset``
end the connection; ``wait`` says nothing until the client is gone. Steps before a ``C:`` are
written in one piece, as a pipelining server would.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from socket import SO_LINGER, SOL_SOCKET

from app.dev import ports
from app.rules.replies.meaning import Reply
from app.wire.conversation import Parcel, converse
from app.wire.line import Line
from app.wire.opening import Endpoint, open_line
from tests.waiting import PATIENCE

PIPELINING = """
S: 220 relay.example ready
C: EHLO
S: 250-relay.example
S: 250-PIPELINING
S: 250-SIZE 1000000
S: 250-8BITMIME
S: 250 HELP
"""
PLAIN = """
S: 220 relay.example ready
C: EHLO
S: 250-relay.example
S: 250 HELP
"""
ONE_GOOD = """
C: MAIL
S: 250 2.1.0 ok
C: RCPT
S: 250 2.1.5 ok
C: DATA
S: 354 go on
body
S: 250 2.0.0 taken
"""


@dataclass
class Relay:
    """A scripted relay: where it is, what it got, and what did not go by the script."""

    port: int = 0
    commands: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    patience: float = PATIENCE

    @property
    def endpoint(self) -> Endpoint:
        """How to get there; with little patience where the script is silent."""
        return Endpoint(
            "127.0.0.1",
            self.port,
            "none",
            "",
            "",
            hello_name="tests.example",
            connect_seconds=PATIENCE,
            reply_seconds=self.patience,
            final_reply_seconds=self.patience,
        )


@asynccontextmanager
async def relay(script: str) -> AsyncIterator[Relay]:
    """A relay that plays ``script`` to whoever connects."""
    found = Relay(patience=2.5 if "wait" in script else PATIENCE)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await _play(script, found, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            found.surprises.append(f"the client left: {type(error).__name__}")
        finally:
            writer.close()
            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**22)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        await ports.close(server)
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def _play(
    script: str, found: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    for step in filter(None, map(str.strip, script.split("\n"))):
        match step.partition(" "):
            case "S:", _, words:
                writer.write(words.encode("utf-8").replace(b"\\x00", b"\x00") + b"\r\n")
            case "C:", _, expected:
                await writer.drain()
                line = (await reader.readuntil(b"\r\n")).decode().strip()
                found.commands.append(line)
                if not line.upper().startswith(expected):
                    found.surprises.append(f"{line!r} instead of {expected}")
                    return
            case "body", _, _:
                await writer.drain()
                await _take_body(found, reader)
            case "close", _, _:
                await writer.drain()
                return
            case "reset", _, _:
                writer.get_extra_info("socket").setsockopt(
                    SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0)
                )
                writer.transport.abort()
                return
            case "wait", _, _:
                await writer.drain()
                await reader.read()
                return
            case other:
                raise AssertionError(f"what does the script mean by {other}?")
    await writer.drain()
    while "QUIT" not in found.commands[-1:]:
        if not (line := await reader.readline()):
            return
        found.commands.append(line.decode("utf-8", "replace").strip())
    writer.write(b"221 bye\r\n")
    await writer.drain()


async def _take_body(found: Relay, reader: asyncio.StreamReader) -> None:
    body = b""
    while not (body.endswith(b"\r\n.\r\n") or body == b".\r\n"):
        body += await reader.readuntil(b"\r\n")
    found.bodies.append(body)


@dataclass
class Talk:
    """What came of a conversation: each parcel's reply, what happened in which order, the line."""

    relay: Relay
    replies: dict[int, Reply] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    carried: int = 0
    lost: bool = False
    left: int = 0
    level: str = ""

    def reply(self, attempt_id: int) -> tuple[str, int | None]:
        """Phase and code of one parcel's reply."""
        found = self.replies[attempt_id]
        return found.phase, found.code


def parcels(count: int) -> list[Parcel]:
    """Parcels 1 to ``count``, each to its own recipient."""
    return [
        Parcel(
            n,
            "news@ferry.example",
            f"c{n}@home.example",
            f"Subject: {n}\r\n\r\nhello {n}\r\n".encode(),
        )
        for n in range(1, count + 1)
    ]


async def carry(
    line: Line,
    waiting: list[Parcel],
    talk: Talk,
    *,
    most: int = 100,
    say: Callable[[Parcel], bool] = lambda parcel: True,
) -> None:
    """One conversation about ``waiting``; a second reply to one parcel is an error."""

    def take() -> Parcel | None:
        return waiting.pop(0) if waiting else None

    def asked(parcel: Parcel) -> bool:
        talk.events.append(f"say {parcel.attempt_id}")
        return say(parcel)

    def heard(parcel: Parcel, reply: Reply) -> None:
        assert parcel.attempt_id not in talk.replies, "heard twice"
        talk.replies[parcel.attempt_id] = reply
        talk.events.append(f"heard {parcel.attempt_id}")

    first = waiting.pop(0)
    talk.carried += await converse(line, first, take=take, say=asked, heard=heard, most=most)
    talk.left, talk.lost, talk.level = len(waiting), line.lost, line.level


def play(
    script: str,
    count: int = 1,
    *,
    most: int = 100,
    say: Callable[[Parcel], bool] = lambda parcel: True,
    waiting: list[Parcel] | None = None,
) -> Talk:
    """Opens a line to a scripted relay, carries ``count`` parcels, takes leave."""

    async def run() -> Talk:
        async with relay(script) as found:
            talk = Talk(found)
            line = await open_line(found.endpoint)
            await carry(line, waiting or parcels(count), talk, most=most, say=say)
            await line.quit()
            return talk

    return asyncio.run(run())
