"""Many things that come one by one, taken together, so that few commits do for them."""

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")

#: Whether more comes is looked at after such a time,
GATHER_SECONDS = 0.02
#: and so many times at most.
_LOOKS = 10


class Gathering(Generic[T]):
    """What came and was not yet taken."""

    def __init__(self) -> None:
        self._came: deque[T] = deque()
        self._any = asyncio.Event()

    def put(self, one: T) -> None:
        """One more."""
        self._came.append(one)
        if len(self._came) == 1:
            self._any.set()

    async def take(self, most: int) -> list[T]:
        """At least one and up to ``most``: one alone waits for a moment, many as long as more
        come.
        """
        while not self._came:
            self._any.clear()
            await self._any.wait()
        for _ in range(_LOOKS):
            before = len(self._came)
            await asyncio.sleep(GATHER_SECONDS)
            if not before < len(self._came) < most:
                break
        return [self._came.popleft() for _ in range(min(most, len(self._came)))]
