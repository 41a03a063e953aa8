"""The lines to one relay: how many, how deep, and what is done when one breaks."""

import asyncio
from collections import deque
from collections.abc import Iterable

from app.rules.replies.meaning import Reply
from app.sending.engine.works import Hooks, Work
from app.wire.conversation import WITHDRAWN, Parcel, converse
from app.wire.line import Line
from app.wire.opening import Endpoint, LineRefused

#: Begun messages that wait per connection at first: few enough to flush quickly.
DEPTH = 25
#: As many wait at most, where a connection takes them faster than they are begun.
DEEPEST = 200
#: An idle line is closed politely after this many seconds.
IDLE_SECONDS = 5.0
#: Between two tries to open a line to a relay that just refused one.
RETRY_SECONDS = 0.25


class Lane:
    """Feeds begun messages to a relay over as many lines as it may have."""

    def __init__(
        self, endpoint: Endpoint, hooks: Hooks, *, connections: int, messages_per_connection: int
    ) -> None:
        self.endpoint = endpoint
        self.connections = connections
        self.most = messages_per_connection
        self._hooks = hooks
        self._queue: deque[Work] = deque()
        self._flying: dict[int, Work] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle = 0
        self._depth = DEPTH
        self._troubled = False
        self._closing = False
        self._more = asyncio.Event()

    @property
    def free(self) -> int:
        """How many messages it takes now."""
        return self._free(len(self._queue) + len(self._flying), self._depth)

    def free_for(self, urgent: bool) -> int:
        """The same: urgent ones do not count those that they may pass; a campaign gets none
        before half of what the lane can hold is gone, so that many are begun together.
        """
        if not urgent:
            return self.free if self.free * 2 >= self.connections * self._depth else 0
        return self._free(sum(work.urgent for work in tuple(self._queue)), DEPTH)

    def _free(self, used: int, depth: int) -> int:
        return 0 if self._closing else max(0, self.connections * depth - used)

    def put(self, works: Iterable[Work], *, first: bool = False) -> None:
        """Takes begun messages on; urgent ones pass the others that wait."""
        for work in works:
            work.urgent = first
            place = sum(one.urgent for one in self._queue) if first else len(self._queue)
            self._queue.insert(place, work)
        self._more.set()
        self._staff()

    def withdraw(self) -> None:
        """Gives back everything that was not yet given to a line; nothing was said of it."""
        while self._queue:
            self._hooks.heard(self._queue.popleft().attempt_id, None, False)

    async def close(self, patience: float) -> None:
        """Gives back what waits, lets the lines finish what they began for ``patience``
        seconds, then cuts them: what was handed over and not answered is unknown.
        """
        self._closing = True
        self.withdraw()
        self._more.set()
        if self._tasks:
            _done, late = await asyncio.wait(self._tasks, timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _staff(self) -> None:
        """Another line when there is more to do than idle hands; only one while in trouble."""
        most = 1 if self._troubled else self.connections
        while len(self._queue) > self._idle and len(self._tasks) < most and not self._closing:
            task = asyncio.create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._left)
            self._idle += 1

    def _left(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error
        self._staff()

    async def _work(self) -> None:
        self._idle -= 1
        while self._queue and not self._closing:
            try:
                line = await self._hooks.open_line(self.endpoint)
            except LineRefused as refused:
                attempt = self._refused(refused.reply)
                await asyncio.sleep(RETRY_SECONDS)
                if attempt is not None:
                    await self._hooks.written(attempt)
                if len(self._tasks) > 1:
                    return
            else:
                self._troubled = False
                self._staff()
                await self._use(line)

    def _refused(self, reply: Reply) -> int | None:
        self._troubled = True
        self._depth = DEPTH
        if not self._queue:
            return None
        attempt = self._queue.popleft().attempt_id
        self._hooks.heard(attempt, reply, True)
        return attempt

    async def _use(self, line: Line) -> None:
        trip = _Trip(self)
        try:
            while not line.lost and trip.carried < self.most:
                first = await self._first()
                if first is None:
                    break
                if not await line.still_open():
                    self._back(first)
                    break
                trip.carried += await converse(
                    line,
                    first,
                    take=self._take,
                    say=self._say,
                    heard=trip.heard,
                    most=self.most - trip.carried,
                )
        finally:
            await line.quit()

    async def _first(self) -> Parcel | None:
        """The next parcel, waiting for it as long as an idle line may live.

        A line that has to wait is faster than what it is fed from: more is begun ahead for it.
        """
        self._idle += 1
        if not self._queue:
            self._depth = min(self._depth * 2, DEEPEST)
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                while not self._queue and not self._closing:
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            return None
        finally:
            self._idle -= 1
        return self._take()

    def _take(self) -> Parcel | None:
        if not self._queue or self._closing:
            return None
        work = self._queue.popleft()
        self._flying[work.attempt_id] = work
        if len(self._queue) * 2 == self.connections * self._depth:
            self._hooks.hungry()
        return work.parcel

    def _back(self, parcel: Parcel) -> None:
        self._queue.appendleft(self._flying.pop(parcel.attempt_id))

    def _say(self, parcel: Parcel) -> bool:
        return self._hooks.say(parcel.attempt_id)

    def landed(self, parcel: Parcel, reply: Reply, *, worked: bool, counts: bool) -> bool:
        """A parcel came to its end on a line. On a line that had ``worked`` before, losing it
        before the body is the server's way of saying "enough": it gets one more line. Says
        whether the reply was passed on.
        """
        work = self._flying.pop(parcel.attempt_id)
        if reply.code is None and reply.text.startswith(WITHDRAWN):
            self._hooks.heard(work.attempt_id, None, False)
            return False
        early = reply.phase != "final_dot" and reply.code in (None, 421)
        if worked and early and not work.moved and not self._closing:
            work.moved = True
            self._queue.appendleft(work)
            return False
        self._hooks.heard(work.attempt_id, reply, counts)
        return True


class _Trip:
    """One line's life: whether it ever worked, and that losing it counts once."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._faulted = False
        self.carried = 0
        self.worked = False

    def heard(self, parcel: Parcel, reply: Reply) -> None:
        lost = reply.code is None
        passed_on = self._lane.landed(
            parcel, reply, worked=self.worked, counts=not (lost and self._faulted)
        )
        self._faulted = self._faulted or (lost and passed_on)
        if reply.phase == "final_dot" and reply.code is not None:
            self.worked = True
