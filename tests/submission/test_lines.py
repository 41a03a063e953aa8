"""Lines: what ends them, and that every byte of a mail arrives as it was given."""

import asyncio
import base64
from collections.abc import Callable
from typing import Any

import pytest

from app.submission.conversation import Conversation, Doorway
from tests.app.conftest import on_sqlite
from tests.sending.servers import RelayServer
from tests.sending.world import World
from tests.submission.counter import MAIL, Counter
from tests.waiting import PATIENCE

Counters = Callable[..., Counter]
DOTS = (
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n"
)
BODY = (
    b".\r\n..\r\n.a\r\n...b\r\n\r\n \r\n\ttab \r\n.\x00\xff\x80 binary\r\n"
    + "\u00e4\u00f6\u00fc \u767a\u7968\r\n".encode()
    + b"x" * 998
    + b"\r\nFrom here\r\n.\r\n"
)


def login(one: Counter) -> list[bytes]:
    secret = base64.b64encode(f"\0x\0{one.key}".encode())
    return [b"EHLO shop\r\n", b"AUTH PLAIN " + secret + b"\r\n"]


def envelope() -> list[bytes]:
    return [b"MAIL FROM:<a@b.example>\r\n", b"RCPT TO:<jane@example.com>\r\n", b"DATA\r\n"]


@pytest.mark.parametrize("pipelining", [True, False])
def test_every_byte_arrives_at_the_relay(
    world: World, counter: Counters, server: Callable[..., RelayServer], pipelining: bool
) -> None:
    relay = server(pipelining=pipelining)
    world.relay(relay, "real")
    one = counter()
    head, empty, _ = MAIL.partition(b"\r\n\r\n")
    given = head + b"\r\n" + DOTS + b"Message-ID: <own@shop.example.com>" + empty + BODY
    with one.client() as client:
        for number in range(3):
            client.sendmail("a@b.example", [f"p{number}@example.com"], given)
    world.send()
    assert len(relay.bodies) == 3
    for body in relay.bodies:
        trace, _, rest = body.partition(b"\r\n")
        assert trace.startswith(b"Received: ")
        assert rest == given


@pytest.mark.parametrize(
    "smuggled",
    [
        b"x\n.\nMAIL FROM:<evil@b.example>\r\n",
        b"x\n.\r\nMAIL FROM:<evil@b.example>\r\n",
        b"x\r.\r\n",
        b"x\r.\rMAIL FROM:<evil@b.example>\r\n",
        b"x\r\n.\rMAIL FROM:<evil@b.example>\r\n",
        b"x\r\r\n",
        b"x\n",
    ],
)
@on_sqlite
def test_a_bare_cr_or_lf_in_a_mail_ends_everything(counter: Counters, smuggled: bytes) -> None:
    one = counter()
    said = one.says(*login(one), *envelope(), MAIL + smuggled + b"\r\n.\r\n", b"")
    assert said[-2].startswith(b"521 5.5.2")
    assert said[-1] == b""
    assert one.messages() == []


@on_sqlite
def test_a_bare_lf_after_a_command_ends_everything(counter: Counters) -> None:
    said = counter().says(b"EHLO shop\n", b"")
    assert said[1].startswith(b"521 ")
    assert said[2] == b""


@on_sqlite
def test_a_line_end_may_come_in_two_pieces(counter: Counters) -> None:
    one = counter()
    spoken = [*login(one), *envelope()]
    said = one.says(*spoken[:-1], b"DATA\r\n")
    assert said[-1].startswith(b"354 ")
    with_pieces = _in_pieces(one, b"".join([*spoken, MAIL, b".\r\n"]))
    assert b"250 2.0.0 Stored" in with_pieces
    assert len(one.messages()) == 1


def _in_pieces(one: Counter, said: bytes) -> bytes:
    async def speak() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
        for at in range(len(said)):
            writer.write(said[at : at + 1])
            await writer.drain()
        heard = await asyncio.wait_for(reader.readuntil(b"Stored"), PATIENCE)
        writer.close()
        return heard

    return asyncio.run(speak())


class _FromFar(asyncio.Transport):
    """A connection from another machine, as far as a conversation can see."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.7", 1025)})
        self.said = b""
        self._is_closed = False

    def write(self, data: Any) -> None:
        self.said += bytes(data)

    def is_closing(self) -> bool:
        return self._is_closed

    def close(self) -> None:
        self._is_closed = True


@on_sqlite
def test_from_elsewhere_nobody_logs_in_without_tls(counter: Counters) -> None:
    one = counter()

    async def talk() -> bytes:
        loop = asyncio.get_running_loop()
        far = _FromFar()
        talking = Conversation(one.desk, Doorway(5), name="x", tls=None, loop=loop)
        talking.connection_made(far)
        for line in login(one):
            talking.data_received(line)
            await asyncio.sleep(0.01)
        talking.connection_lost(None)
        await asyncio.sleep(0)
        return far.said

    said = asyncio.run(talk())
    assert b"AUTH" not in said
    assert b"538 5.7.11" in said
