"""A receiver's SMTP server in a thread, on a world with a workspace and a key."""

import asyncio
import smtplib
import socket
import ssl
import threading
from functools import partial
from typing import Any

from sqlalchemy import select

from app.dev import ports
from app.messages import find
from app.messages.find import MessageView, Wanted
from app.sending.models import Content, Dispatch
from app.submission.conversation import Conversation, Doorway
from app.submission.desk import Desk, Measures
from app.workspaces import keys
from app.workspaces.models import Member, User
from tests.sending.world import World
from tests.waiting import PATIENCE

MAIL = (
    b"Date: Sun, 22 Nov 2026 11:00:00 +0000\r\n"
    b"From: Shop <shop@shop.example.com>\r\n"
    b"To: jane@example.com\r\n"
    b"Subject: Your order\r\n"
    b"\r\n"
    b"Thank you.\r\n"
)


class Counter:
    """Where mail is handed in. ``stored`` counts how often the sender would have been woken."""

    def __init__(
        self, world: World, *, tls: ssl.SSLContext | None = None, doors: int = 20, **measures: int
    ) -> None:
        self.world = world
        self.stored = 0
        self.user_id, self.key_id, self.key = _key(world)
        self.desk = Desk(
            world.database,
            Measures(**{"largest": 100_000, "recipients": 5, "per_minute": 100} | measures),
            name="mail.example.com",
            now=world.clock,
            stored=self._count,
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.doorway = Doorway(doors)
        make = partial(
            Conversation,
            self.desk,
            self.doorway,
            name="mail.example.com",
            tls=tls,
            loop=self._loop,
        )
        listening = self._loop.create_server(make, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(PATIENCE)
        self.port: int = self._server.sockets[0].getsockname()[1]

    def client(self, *, login: bool = True) -> smtplib.SMTP:
        """A program that is connected, and logged in."""
        made = smtplib.SMTP("127.0.0.1", self.port, local_hostname="shop", timeout=PATIENCE)
        if login:
            made.login("anything", self.key)
        return made

    def says(self, *lines: bytes) -> list[bytes]:
        """Sends each of ``lines`` as it is, and hears what is said to each; stops at the end."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as line:
            file = line.makefile("rb")
            heard = [_reply(file)]
            for one in lines:
                line.sendall(one)
                heard.append(_reply(file))
            return heard

    def messages(self) -> list[MessageView]:
        """What was taken on, newest first."""
        world = self.world
        with world.database.reading() as session:
            return find.listed(session, world.workspace_id, Wanted(), now=world.clock()).items

    def mails(self) -> list[bytes]:
        """What was stored."""
        with self.world.database.reading() as session:
            rows = select(Content.finished).join(Dispatch, Dispatch.content_id == Content.id)
            return [one or b"" for one in session.scalars(rows)]

    def close(self) -> None:
        """Nobody is listened to any more."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    async def _close(self) -> None:
        await ports.close(self._server)
        self.doorway.close()
        while self.doorway.inside:
            await asyncio.sleep(0.01)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)

    def _count(self) -> None:
        self.stored += 1


def _key(world: World, scopes: tuple[str, ...] = ("send",)) -> tuple[Any, Any, str]:
    now = world.clock()
    with world.database.transaction() as session:
        user = User(
            email=f"shop{world.clock().timestamp()}@x.example", password_hash="", created_at=now
        )
        session.add(user)
        session.flush()
        session.add(
            Member(workspace_id=world.workspace_id, user_id=user.id, role="member", created_at=now)
        )
        key, text = keys.make(
            session, world.workspace_id, user_id=user.id, name="shop", scopes=scopes, now=now
        )
    return user.id, key.id, text


def _reply(file: Any) -> bytes:
    """A whole reply; b"" when they hung up."""
    said = b""
    while True:
        line: bytes = file.readline()
        said += line
        if not line or line[3:4] != b"-":
            return said
