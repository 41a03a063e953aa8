"""Ready messages over our lines and over others', to the same server."""

import asyncio
import subprocess
import time
from collections import deque

import aiosmtplib

from app.rules.replies.meaning import Reply
from app.wire.conversation import Parcel, converse
from app.wire.opening import Endpoint, open_line
from bench.letters import prebuilt
from bench.missing import tool

_SENDER, _RECIPIENT = "a@example.com", "b@example.com"


def ours(port: int, messages: int, connections: int = 10) -> float:
    """Messages per second over app.wire, connections opened before."""
    return asyncio.run(_ours(port, messages, connections))


async def _ours(port: int, messages: int, connections: int) -> float:
    body = prebuilt()
    waiting = deque(Parcel(number, _SENDER, _RECIPIENT, body) for number in range(messages))
    taken = 0

    def heard(_parcel: Parcel, reply: Reply) -> None:
        nonlocal taken
        taken += reply.code == 250

    def take() -> Parcel | None:
        return waiting.popleft() if waiting else None

    endpoint = Endpoint("127.0.0.1", port, "none", "", "")
    lines = [await open_line(endpoint) for _ in range(connections)]
    start = time.perf_counter()
    await asyncio.gather(
        *(
            converse(line, first, take=take, say=lambda _: True, heard=heard, most=messages)
            for line in lines
            if (first := take())
        )
    )
    seconds = time.perf_counter() - start
    await asyncio.gather(*(line.quit() for line in lines))
    if taken != messages:
        raise RuntimeError(f"{taken} of {messages} messages were taken")
    return messages / seconds


def aiosmtplib_rate(port: int, messages: int, connections: int = 10) -> float:
    """Messages per second over aiosmtplib, connections opened before."""
    return asyncio.run(_aiosmtplib(port, messages, connections))


async def _aiosmtplib(port: int, messages: int, connections: int) -> float:
    body = prebuilt()
    clients = [
        aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False)
        for _ in range(connections)
    ]
    for client in clients:
        await client.connect()
    waiting = iter(range(messages))

    async def work(client: aiosmtplib.SMTP) -> None:
        for _ in waiting:
            await client.sendmail(_SENDER, [_RECIPIENT], body)

    start = time.perf_counter()
    await asyncio.gather(*(work(client) for client in clients))
    seconds = time.perf_counter() - start
    for client in clients:
        await client.quit()
    return messages / seconds


def smtp_source(port: int, messages: int, connections: int = 10) -> float:
    """Messages per second of Postfix's own generator, which keeps its connections (-d)."""
    size = len(prebuilt())
    numbers = ["-s", str(connections), "-m", str(messages), "-l", str(size)]
    who = ["-f", _SENDER, "-t", _RECIPIENT]
    start = time.perf_counter()
    subprocess.run(
        [tool("smtp-source"), "-d", *numbers, *who, f"127.0.0.1:{port}"],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    return messages / (time.perf_counter() - start)
