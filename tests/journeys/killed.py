"""A sender that is killed at a chosen point: runs in a process of its own, forked from a server
that has everything imported already.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import sender
from app.db import Database
from app.sending.models import Delivery
from app.sending.senders import leases
from app.wire.journal import Journal
from config.settings import Settings, load


class Points:
    """Counts the moments at which a process can die, and dies at one of them.

    Before and after every commit, before and after every line of the journal.
    """

    def __init__(self, fatal: int) -> None:
        self._fatal = fatal
        self._passed = 0

    def passed(self) -> None:
        self._passed += 1
        if self._passed == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        """Puts a point around every commit and every line."""
        transaction = Database.transaction

        @contextmanager
        def watched(database: Database, *, durable: bool = True) -> Iterator[Session]:
            with transaction(database, durable=durable) as session:
                yield session
                self.passed()
            self.passed()

        Database.transaction = watched  # type: ignore[method-assign]
        for name in ("said", "heard"):
            setattr(Journal, name, self._around(getattr(Journal, name)))

    def _around(self, write: Callable[..., None]) -> Callable[..., None]:
        def watched(*args: Any) -> None:
            self.passed()
            write(*args)
            self.passed()

        return watched


def send_until_idle(environ: dict[str, str], fatal: int) -> None:
    """Sends until nothing is due, or dies at point number ``fatal`` (0: nowhere)."""
    # Who lives keeps its lease, however seldom a busy machine lets it; who dies leaves a journal.
    leases.LEASE = timedelta(minutes=10)
    settings = load(environ)
    database = Database(settings.database_url, pool_size=2)
    Points(fatal).install()
    asyncio.run(_send(settings, database))
    database.close()


async def _send(settings: Settings, database: Database) -> None:
    stop, wake = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(sender.send(settings, database, stop, wake))
    watching = Database(settings.database_url, pool_size=1)
    while not running.done() and await asyncio.to_thread(_is_busy, watching):
        wake.set()
        await asyncio.sleep(0.01)
    stop.set()
    await running
    watching.close()


def _is_busy(database: Database) -> bool:
    with database.reading() as session:
        open_ = select(func.count()).where(Delivery.state.in_(("queued", "claimed")))
        return bool(session.scalar(open_))
