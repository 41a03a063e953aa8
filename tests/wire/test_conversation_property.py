"""Whatever a relay does, every parcel is told of exactly once, and truly."""

import asyncio
from dataclasses import dataclass, field, replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.rules.replies.meaning import Reply
from app.wire.conversation import Parcel, converse
from app.wire.opening import open_line
from tests.wire.scripted import Relay, parcels

GOOD = "good"
MOODS = [GOOD] * 12 + [
    "450 4.3.0 later",
    "550 5.0.0 never",
    "421 4.3.2 enough",
    "421 close",
    "250 ok",
    "354 go on",
    "503 5.5.1 out of order",
    "rubbish",
    "twice",
    "slowly",
    "close",
    "close after",
    "nothing",
]


@dataclass
class Moody:
    """A relay that answers each command as the next mood says; ``took``: bodies it said 250 to."""

    moods: list[str]
    pipelining: bool
    took: list[int] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        offer = "250-PIPELINING\r\n" if self.pipelining else ""
        writer.write(b"220 hi\r\n")
        await reader.readuntil(b"\r\n")
        writer.write(f"250-moody\r\n{offer}250 OK\r\n".encode())
        try:
            while await self._answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        line = await reader.readuntil(b"\r\n")
        usual = "354 go on" if line == b"DATA\r\n" else "250 ok"
        said = await self._mood(usual, writer)
        if said == "354 go on":
            body = await reader.readuntil(b".\r\n")
            number = (
                int(body.split(b"\r\n")[0].removeprefix(b"Subject: ") or 0)
                if body[1:2] != b"\r"
                else 0
            )
            self.seen.append(number)
            said = await self._mood("250 ok", writer)
            if said.startswith("250"):
                self.took.append(number)
        return said not in ("close", "nothing", "421 close") and line != b"QUIT\r\n"

    async def _mood(self, usual: str, writer: asyncio.StreamWriter) -> str:
        mood = self.moods.pop(0) if self.moods else GOOD
        match mood:
            case "close" | "nothing":
                if mood == "nothing":
                    await asyncio.sleep(0.15)
                return mood
            case "twice":
                said, words = usual, f"{usual}\r\n{usual}\r\n"
            case "421 close":
                said, words = mood, "421 4.3.2 enough\r\n"
            case "close after":
                said, words = "close", f"{usual}\r\n"
            case "slowly":
                writer.write(usual[:2].encode())
                await asyncio.sleep(0.001)
                said, words = usual, f"{usual[2:]}\r\n"
            case _:
                said = usual if mood == GOOD else mood
                words = f"{said}\r\n"
        writer.write(words.encode())
        await writer.drain()
        return said


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    moods=st.lists(st.sampled_from(MOODS), max_size=24),
    pipelining=st.booleans(),
    most=st.integers(1, 6),
    withdrawn=st.sampled_from([0, 0, 0, 2, 3]),
)
def test_everybody_is_told_of_once_and_truly(
    moods: list[str], pipelining: bool, most: int, withdrawn: int
) -> None:
    server = Moody(list(moods), pipelining)
    replies, said = asyncio.run(_talk(server, most, withdrawn))
    for number, reply in replies.items():
        if number in server.took:
            assert reply.phase == "final_dot", "the relay took it, and we call it not said"
        if reply.code is not None and 200 <= reply.code < 300:
            assert reply.phase == "final_dot"
            assert number in server.seen, "we call it sent, and the relay never saw it"
    assert set(server.seen) - {0} <= said, "a body left without having been written down"
    assert len(server.seen) == len(set(server.seen) - {0}) + server.seen.count(0)


async def _talk(server: Moody, most: int, withdrawn: int) -> tuple[dict[int, Reply], set[int]]:
    waiting, given_out = parcels(5), [1]
    replies: dict[int, Reply] = {}
    said: set[int] = set()

    def take() -> Parcel | None:
        if not waiting:
            return None
        given_out.append(waiting[0].attempt_id)
        return waiting.pop(0)

    def say(parcel: Parcel) -> bool:
        if parcel.attempt_id == withdrawn:
            return False
        said.add(parcel.attempt_id)
        return True

    def heard(parcel: Parcel, reply: Reply) -> None:
        assert parcel.attempt_id not in replies
        replies[parcel.attempt_id] = reply

    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        where = Relay(listening.sockets[0].getsockname()[1]).endpoint
        line = await open_line(replace(where, reply_seconds=0.1, final_reply_seconds=0.1))
        carried = await converse(line, waiting.pop(0), take=take, say=say, heard=heard, most=most)
        await line.quit()
    assert sorted(replies) == sorted(given_out)
    assert carried <= most
    return replies, said
