"""The loop: claim, compose, begin, send, finish. It decides nothing itself."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import structlog

from app.rules.replies.meaning import Reply
from app.sending.engine import plan
from app.sending.engine.books import Books
from app.sending.engine.diary import Diary
from app.sending.engine.gathering import GATHER_SECONDS, Gathering
from app.sending.engine.harbour import Harbour
from app.sending.engine.plan import Planned
from app.sending.engine.works import Hooks, Ways, Work
from app.sending.ledger import Heard
from app.sending.letters import letter
from app.sending.letters.compose import CannotCompose, Draft
from app.sending.letters.letter import Envelopes, Letterhead
from app.vault import WrongKey
from app.wire.journal import Journal

log = structlog.get_logger()
T = TypeVar("T")

#: The table is the truth: it is looked at this often even when nobody says so.
POLL_SECONDS = 1.0
#: Lines get this long to end what they began when the sender stops.
STOP_SECONDS = 30.0


class Engine:
    """Sends what the ledger says, through lanes, for one sender.

    ``alive`` says whether this sender still holds its lease: without it nothing begins and no
    body leaves. ``wake``: set it, and the ledger is looked at at once. Every database call runs
    on one thread of its own, never on the loop.
    """

    def __init__(
        self,
        books: Books,
        journal: Journal,
        ways: Ways,
        *,
        now: Callable[[], datetime],
        alive: Callable[[], bool],
        wake: asyncio.Event,
    ) -> None:
        self._books = books
        self._diary = Diary(journal)
        self._ways = ways
        self._now = now
        self._alive = alive
        self._hooks = Hooks(self._say, self._hear, ways.open_line, wake.set, self._written)
        self._thread = ThreadPoolExecutor(1, "ledger")
        self._harbour = Harbour(ways, self._hooks, patience=STOP_SECONDS)
        self._heard: Gathering[Heard] = Gathering()
        self._in_hand: dict[int, bool] = {}  # attempt -> with a return path
        self._write_fails = self._turn_failed = False
        self._news = asyncio.Event()
        self._wake = wake

    async def run(self, stop: asyncio.Event) -> None:
        """Sends until ``stop``; then claims no more, ends what was begun, and returns."""
        finisher = asyncio.create_task(self._finish_forever())
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set() and self._alive() and not self._diary.broken:
                await self._pause(await self._turn_safely(), stopped)
        finally:
            stopped.cancel()
            await self._land(finisher)

    async def on_thread(self, work: Callable[[], T]) -> T:
        """Runs a database call on the ledger's thread, after those already waiting there."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _pause(self, seconds: float, stopped: asyncio.Task[bool]) -> None:
        woken = asyncio.create_task(self._wake.wait())
        await asyncio.wait({woken, stopped}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        woken.cancel()
        self._wake.clear()

    async def _land(self, finisher: asyncio.Task[None]) -> None:
        """Everything begun comes to its end and is written, within the time that is left."""
        await self._harbour.close()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                while self._in_hand:
                    await asyncio.sleep(GATHER_SECONDS)
        except TimeoutError:
            log.error("stopped before everything heard was written", attempts=len(self._in_hand))
        finisher.cancel()
        await asyncio.gather(finisher, return_exceptions=True)
        self._thread.shutdown()

    async def _turn_safely(self) -> float:
        """One turn; a failing one puts back what it had taken, at the latest before the next."""
        if self._write_fails:
            return POLL_SECONDS
        try:
            await self._put_back()
            return await self._turn()
        except Exception:
            log.exception("a turn failed; what it had taken goes back")
            self._turn_failed = True
        try:
            await self._put_back()
        except Exception:
            log.exception("could not put it back yet")
        return POLL_SECONDS

    async def _put_back(self) -> None:
        if self._turn_failed:
            in_hand = frozenset(self._in_hand)
            await self.on_thread(lambda: self._books.put_back(in_hand))
            self._turn_failed = False

    async def _turn(self) -> float:
        """Claims, composes and begins one wave, messages first; says how long to wait for the
        next.
        """
        free, many = self._harbour.free, self._harbour.free_for_many
        found = await self.on_thread(lambda: self._books.plan(free, many))
        sent_off = [
            await self._send_off([one for one in found.planned if one.is_message]),
            await self._send_off([one for one in found.planned if not one.is_message]),
        ]
        if any(one is not None for one in sent_off):
            return 0.0 if any(sent_off) else GATHER_SECONDS
        if found.look_again is None:
            return POLL_SECONDS
        wait = (found.look_again - self._now()).total_seconds()
        return min(max(wait, GATHER_SECONDS), POLL_SECONDS)

    async def _send_off(self, planned: list[Planned]) -> int | None:
        """Composes, begins and hands over; how many, None when there was nothing to begin."""
        ready = await self._compose(planned)
        if not ready:
            return None
        begun = await self.on_thread(lambda: self._books.begin([one for one, _ in ready]))
        self._hand_over(ready, begun)
        return len(begun)

    async def _compose(self, planned: list[Planned]) -> list[tuple[Planned, bytes | Draft]]:
        done: list[tuple[Planned, bytes | Draft]] = []
        broken: list[tuple[int, str]] = []
        heads: dict[tuple[int, int], Letterhead] = {}
        now = self._now()
        for number, one in enumerate(planned):
            try:
                done.append((one, self._letter(one, heads, now)))
            except CannotCompose as error:
                broken.append((one.claimed.id, str(error)))
            if number % 10 == 9:
                await asyncio.sleep(0)
                now = self._now()
        if broken:
            await self.on_thread(lambda: self._books.reject(broken))
        return done

    def _letter(
        self, one: Planned, heads: dict[tuple[int, int], Letterhead], now: datetime
    ) -> bytes | Draft:
        if one.finished is not None:
            return letter.finished(one.finished, one.dispatch, one.claimed, one.identity, now)
        key = id(one.dispatch), id(one.identity)
        if key not in heads:
            composer = self._books.composer(one.dispatch.content_id)
            heads[key] = Letterhead(composer, one.dispatch, one.identity, self._ways.post)
        return heads[key].letter(one.claimed, one.contact, now)

    def _hand_over(self, ready: list[tuple[Planned, bytes | Draft]], begun: dict[int, int]) -> None:
        waves: dict[int, tuple[Envelopes, list[Work]]] = {}
        for one, body in ready:
            attempt = begun.get(one.claimed.id)
            if attempt is None:
                continue
            wave = waves.get(id(one.relay))
            if wave is None:
                wave = waves[id(one.relay)] = Envelopes(one.relay, self._ways.post), []
            envelopes, works = wave
            works.append(Work(attempt, envelopes.parcel(attempt, one.claimed, body)))
            self._in_hand[attempt] = envelopes.with_path
        for envelopes, works in waves.values():
            try:
                self._harbour.put(envelopes.relay, works, urgent=ready[0][0].is_message)
            except WrongKey as error:
                for work in works:
                    self._hear(work.attempt_id, Reply("auth", None, str(error)), True)

    def _say(self, attempt: int) -> bool:
        """Writes down that a body leaves now; one that cannot be written down must not leave."""
        return self._alive() and self._diary.said(attempt)

    def _hear(self, attempt: int, reply: Reply | None, counts: bool) -> None:
        if reply is not None:
            self._diary.heard(attempt, reply)
        self._heard.put(Heard(attempt, reply, counts, self._in_hand.get(attempt, False)))

    async def _finish_forever(self) -> None:
        """Writes what was heard, in batches, and withdraws what waits for a relay that is off."""
        while True:
            batch = await self._heard.take(plan.WAVE)
            off = await self._write(batch)
            for one in batch:
                self._in_hand.pop(one.attempt_id, None)
            for relay_id in off:
                self._harbour.withdraw(relay_id)
            self._news.set()
            self._news = asyncio.Event()
            self._wake.set()

    async def _written(self, attempt: int) -> None:
        """Waits until the end of an attempt is in the ledger."""
        while attempt in self._in_hand:
            await self._news.wait()

    async def _write(self, batch: list[Heard]) -> list[UUID]:
        """Repeats a write until it succeeds; nothing is claimed in the meantime."""
        while True:
            try:
                off = await self.on_thread(lambda: self._books.finish(batch))
            except Exception:
                log.exception("what was heard could not be written; trying again")
                self._write_fails = True
                await asyncio.sleep(POLL_SECONDS)
            else:
                self._write_fails = False
                return off
