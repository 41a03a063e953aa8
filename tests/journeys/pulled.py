"""A process that pulls what is due, and can be made to die at a chosen commit."""

import os
import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from app import clock
from app.db import Database
from app.runtime import Runtime
from app.sources.runs import running
from app.sources.runs.progress import Progress
from app.vault import Vault
from tests.journeys.killed import Points

MASTER_KEY = "a master key for tests"


def pull(url: str, fatal: int, later: float = 0.0) -> None:
    """Does what is due, or dies at point number ``fatal`` (0: nowhere), ``later`` seconds on."""
    runtime = _runtime(url, lambda: clock.now() + timedelta(seconds=later))
    Points(fatal).install()
    running.run_due(runtime)
    runtime.database.close()


def pull_a_page(url: str, now: datetime, is_committed: bool) -> None:
    """Does what is due at ``now``, and dies over its first page: when everything of it is written
    but not committed, or as soon as it ``is_committed``.
    """
    runtime = _runtime(url, lambda: now)
    name = "counted" if is_committed else "store"
    do = getattr(Progress, name)

    def die(*values: Any) -> None:
        do(*values)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(Progress, name, die)
    running.run_due(runtime)
    runtime.database.close()


def _runtime(url: str, now: Callable[[], datetime]) -> Runtime:
    return Runtime(
        database=Database(url, pool_size=2),
        vault=Vault([MASTER_KEY]),
        now=now,
        base_url="http://127.0.0.1:8080",
        allow_private=True,
    )
