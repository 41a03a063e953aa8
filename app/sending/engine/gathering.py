"""Many things that come one by one, taken together, so that few commits do for them."""

import asyncio
from typing import TypeVar

T = TypeVar("T")

#: Whether more comes is looked at after such a time,
GATHER_SECONDS = 0.02
#: and so many times at most.
_LOOKS = 10


async def gather(coming: asyncio.Queue[T], most: int) -> list[T]:
    """At least one and up to ``most``: one alone waits for a moment, many as long as more come."""
    found = [await coming.get()]
    for _ in range(_LOOKS):
        before = coming.qsize()
        await asyncio.sleep(GATHER_SECONDS)
        if not before < coming.qsize() < most:
            break
    while not coming.empty() and len(found) < most:
        found.append(coming.get_nowait())
    return found
