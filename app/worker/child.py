"""The sender as a child process: started, woken, started again when it dies, stopped in peace."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

import structlog

from app import clock

log = structlog.get_logger(__name__)

#: What is run: the sender, by this very Python and not by what lies in the current folder.
PROGRAM = ("-P", "-m", "app.sender")
#: What the sender gets to finish what is in flight (it waits up to 30 s for final replies).
STOP_SECONDS = 35.0
#: A sender that lived this long was well: the next one rests as briefly as the first.
WELL_SECONDS = 60.0
SHORTEST_REST = 0.5
LONGEST_REST = 30.0


class SenderProcess:
    """Keeps one sender alive while the context lasts.

    It has a process of its own because an event loop beside one busy thread loses nearly all
    its turns. It is spoken to on its stdin: a line ``wake`` means look now, the end means stop;
    so it also stops when this process is killed.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._keeper = threading.Thread(target=self._keep, name="sender keeper", daemon=True)

    def __enter__(self) -> Self:
        self._start()
        self._keeper.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Asks the sender to stop, waits for it, and kills it only when it does not."""
        with self._lock:
            self._stopping.set()
            child = self._child
        if child is not None:
            _end(child)
        self._keeper.join()

    def wake(self) -> None:
        """Tells the sender to look for work now. Never waits, never fails: it looks anyway soon."""
        with self._lock:
            child = self._child
            if child is None or child.stdin is None or self._stopping.is_set():
                return
            with suppress(BlockingIOError, BrokenPipeError, ValueError):
                os.write(child.stdin.fileno(), b"wake\n")

    def _start(self) -> None:
        with self._lock:
            if self._stopping.is_set():
                return
            self._child = self._born()
            assert self._child.stdin is not None
            os.set_blocking(self._child.stdin.fileno(), False)

    def _born(self) -> subprocess.Popen[bytes]:
        """A child that Ctrl-C does not reach, from its first moment: it shall end in peace."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return subprocess.Popen(
                [sys.executable, *PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                env=self._environment,
                bufsize=0,
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _keep(self) -> None:
        rest = SHORTEST_REST
        while (child := self._child) is not None:
            born = clock.monotonic()
            code = child.wait()
            _close_pipe(child)
            if self._stopping.is_set():
                return
            if clock.monotonic() - born > WELL_SECONDS:
                rest = SHORTEST_REST
            log.error("the sender ended unasked; it is started again", code=code, seconds=rest)
            if self._stopping.wait(rest):
                return
            rest = min(rest * 2, LONGEST_REST)
            self._start()


def _close_pipe(child: subprocess.Popen[bytes]) -> None:
    if child.stdin is not None:
        child.stdin.close()


def _end(child: subprocess.Popen[bytes]) -> None:
    _close_pipe(child)
    try:
        code = child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        log.error("the sender did not stop in time and is killed; what it began will be settled")
        child.kill()
        code = child.wait()
    log.info("the sender has stopped", code=code)
