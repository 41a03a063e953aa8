"""The sender: a process of its own that sends what the ledger says until its stdin ends."""

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import timedelta
from uuid import UUID

import structlog

from app import clock, logs
from app.db import Database
from app.garbage import spare_what_is_loaded
from app.rules.health.breaker import BreakerSettings
from app.rules.mail import verp
from app.sending import ledger
from app.sending.engine.books import Books, Patience
from app.sending.engine.engine import Engine
from app.sending.engine.works import Ways
from app.sending.letters.letter import Post
from app.sending.models import Relay
from app.sending.relays import settings as relay_settings
from app.sending.senders import leases, waking
from app.sending.senders.agreed import AgreedClock
from app.sending.senders.beside import beside
from app.sending.senders.watch import Watch
from app.vault import opened
from app.wire import journal as journals
from app.wire.journal import Journal
from app.wire.opening import Endpoint, open_line
from config.settings import Settings, load

log = structlog.get_logger(__name__)

#: How often the lock beside an SQLite database is asked for while another sender still holds it.
LOCK_SECONDS = 0.2
#: How often it is looked whether a person has said go.
VALVE_SECONDS = 1.0


def main() -> int:
    """Runs until stdin ends or SIGTERM comes; 0 when everything begun came to its end."""
    settings = load()
    logs.configure(settings.log_level, settings.log_format)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    database = Database(settings.database_url, pool_size=2)
    try:
        return asyncio.run(_main(settings, database))
    finally:
        database.close()


async def _main(settings: Settings, database: Database) -> int:
    stop, wake = asyncio.Event(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    tell = _listen(stop, wake)
    waking.listen(database, lambda: tell(wake))
    return await send(settings, database, stop, wake)


async def send(
    settings: Settings, database: Database, stop: asyncio.Event, wake: asyncio.Event
) -> int:
    """Sends until ``stop``; looks at once when ``wake`` is set. 0 when it stopped as asked."""
    with beside(database) as lock:
        while not lock.taken():
            if stop.is_set():
                return 0
            await asyncio.sleep(LOCK_SECONDS)
        folder = settings.data_dir / "senders"
        folder.mkdir(parents=True, exist_ok=True)
        now = AgreedClock(database)
        with closing(Watch(database, folder, now)) as watch:
            if not await _admitted(watch, stop):
                return 0
            spare_what_is_loaded()
            return await _Sender(settings, database, watch, now).run(stop, wake)


async def _admitted(watch: Watch, stop: asyncio.Event) -> bool:
    """Waits until it may send; False when it is stopped before."""
    while not stop.is_set():
        if await asyncio.to_thread(watch.may_send):
            return True
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), VALVE_SECONDS)
    return False


class _Sender:
    """One sender's life: lease, journal, engine, and the settling of those that died."""

    def __init__(
        self, settings: Settings, database: Database, watch: Watch, now: AgreedClock
    ) -> None:
        self._settings = settings
        self._database = database
        self._watch = watch
        self._now = now
        self._folder = settings.data_dir / "senders"
        self._patience = Patience(
            BreakerSettings(settings.sending.breaker_threshold, settings.sending.breaker_seconds),
            timedelta(hours=settings.sending.give_up_hours),
        )
        self._deadline = 0.0
        self._lost = False

    async def run(self, stop: asyncio.Event, wake: asyncio.Event) -> int:
        self._extend()
        boot = journals.boot_id()
        me = leases.register(
            self._database, host=socket.gethostname(), boot_id=boot, now=self._now()
        )
        journal = Journal(leases.journal_path(self._folder, me), str(me), boot)
        self._settle_dead(me)
        engine = Engine(
            Books(self._database, me, self._patience, self._now, self._watch),
            journal,
            self._ways(),
            now=self._now,
            alive=self._alive,
            wake=wake,
        )
        heart = asyncio.create_task(self._beat(engine, me))
        try:
            await engine.run(stop)
        finally:
            heart.cancel()
            await asyncio.gather(heart, return_exceptions=True)
        return self._leave(me, journal, stopped=stop.is_set())

    def _ways(self) -> Ways:
        known = self._settings
        vault = opened(known.master_key, known.master_key_file, known.old_master_keys)

        def endpoint(relay: Relay) -> Endpoint:
            return relay_settings.endpoint(
                relay, vault, self._settings.sending, allow_private=self._settings.allow_private
            )

        post = Post(
            self._settings.base_url, vault.key_for("unsubscribe"), vault.key_for(verp.PURPOSE)
        )
        return Ways(post, endpoint, open_line)

    def _alive(self) -> bool:
        return not (self._lost or self._watch.is_shut) and clock.monotonic() < self._deadline

    def _extend(self) -> None:
        self._deadline = clock.monotonic() + leases.LEASE.total_seconds()

    def _settle_dead(self, me: UUID) -> None:
        leases.settle_dead(
            self._database,
            self._folder,
            me,
            alone=self._database.is_sqlite,
            patience=self._patience,
            now=self._now(),
        )

    async def _beat(self, engine: Engine, me: UUID) -> None:
        """Keeps the lease, and settles what senders elsewhere left when theirs ran out."""
        while True:
            await asyncio.sleep(leases.HEARTBEAT.total_seconds())
            asked = clock.monotonic()
            try:
                kept = await engine.on_thread(
                    lambda: leases.keep_alive(self._database, me, self._now())
                )
                if not kept:
                    log.error("this sender's lease was taken away: it stops")
                    self._lost = True
                    return
                self._deadline = asked + leases.LEASE.total_seconds()
                await engine.on_thread(self._now.measure)
                await engine.on_thread(self._watch.keep)
                await engine.on_thread(lambda: self._settle_dead(me))
            except Exception:
                log.exception("the lease could not be extended; trying again")

    def _leave(self, me: UUID, journal: Journal, *, stopped: bool) -> int:
        """Settles its own leftovers by its own journal, exactly as others would."""
        if self._lost:
            journal.close()
            return 1
        record = journals.read(journal.path)
        with self._database.transaction() as session:
            ledger.recover(
                session,
                me,
                said=record.said,
                heard=record.heard,
                now=self._now(),
                breaker=self._patience.breaker,
                give_up=self._patience.give_up,
            )
        journal.remove()
        return 0 if stopped else 1


def _listen(stop: asyncio.Event, wake: asyncio.Event) -> Callable[[asyncio.Event], None]:
    """Listens on stdin: ``wake`` means look now, the end means stop. Gives back how to set an
    event from another thread.
    """
    loop = asyncio.get_running_loop()

    def tell(event: asyncio.Event) -> None:
        try:
            loop.call_soon_threadsafe(event.set)
        except RuntimeError:  # the loop has ended already
            pass

    def read() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            tell(wake)
        tell(stop)

    threading.Thread(target=read, name="ears", daemon=True).start()
    return tell


if __name__ == "__main__":
    sys.exit(main())
