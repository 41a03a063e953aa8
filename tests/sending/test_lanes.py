"""How much a lane takes ahead."""

import asyncio
from collections.abc import Callable

from app.rules.replies.meaning import Reply
from app.sending.engine.lanes import DEPTH, Lane
from app.sending.engine.works import Hooks, Work
from app.wire.conversation import Parcel
from app.wire.opening import Endpoint, open_line
from tests.sending.servers import RelayServer
from tests.waiting import PATIENCE

PARCEL = Parcel(1, "a@example.com", "b@example.com", b"Subject: x\r\n\r\nx\r\n")


def _room(port: int) -> tuple[int, int]:
    """Before one message and after it."""

    async def carry() -> tuple[int, int]:
        heard = asyncio.Event()

        def hear(_attempt: int, _reply: Reply | None, _counts: bool) -> None:
            heard.set()

        endpoint = Endpoint("127.0.0.1", port, "none", "", "")
        hooks = Hooks(lambda _: True, hear, open_line)
        lane = Lane(endpoint, hooks, connections=1, messages_per_connection=10)
        before = lane.free
        lane.put([Work(1, PARCEL)])
        await asyncio.wait_for(heard.wait(), PATIENCE)
        await asyncio.sleep(0.05)
        after = lane.free
        await lane.close(1)
        return before, after

    return asyncio.run(carry())


def test_a_campaign_is_let_in_by_the_half() -> None:
    async def rooms() -> list[tuple[int, int]]:
        endpoint = Endpoint("127.0.0.1", 1, "none", "", "")
        hooks = Hooks(lambda _: True, lambda *_: None, open_line)
        lane = Lane(endpoint, hooks, connections=2, messages_per_connection=10)
        found = []
        for size in (DEPTH, 1):
            lane.put(Work(number, PARCEL) for number in range(size))
            found.append((lane.free, lane.free_for(False)))
        await lane.close(1)
        return found

    assert asyncio.run(rooms()) == [(DEPTH, DEPTH), (DEPTH - 1, 0)]


def test_a_line_that_had_to_wait_gets_more_ahead(server: Callable[..., RelayServer]) -> None:
    assert _room(server().port) == (DEPTH, 2 * DEPTH)


def test_a_relay_that_refuses_gets_no_more(dead_port: int) -> None:
    assert _room(dead_port) == (DEPTH, DEPTH)


def test_urgent_ones_pass_those_that_wait(server: Callable[..., RelayServer]) -> None:
    one = server()

    def work(number: int) -> Work:
        body = PARCEL.body
        return Work(number, Parcel(number, "a@example.com", f"p{number}@example.com", body))

    async def carry() -> int:
        heard: list[int] = []
        endpoint = Endpoint("127.0.0.1", one.port, "none", "", "")
        hooks = Hooks(lambda _: True, lambda attempt, _r, _c: heard.append(attempt), open_line)
        lane = Lane(endpoint, hooks, connections=1, messages_per_connection=100)
        lane.put([work(number) for number in range(DEPTH)])
        room = lane.free_for(True)
        lane.put([work(100), work(101)], first=True)
        lane.put([work(102)], first=True)
        while len(heard) < DEPTH + 3:
            await asyncio.sleep(0.01)
        await lane.close(1)
        return room

    assert asyncio.run(carry()) == DEPTH
    assert one.recipients[:4] == [f"p{number}@example.com" for number in (100, 101, 102, 0)]
