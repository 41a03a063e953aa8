"""Child processes: started, spoken to, started again when they die, stopped in peace."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
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


class ChildProcess:
    """Keeps one child alive while the context lasts.

    The end of its stdin means stop, so it also stops when this process is killed.
    """

    _stdout = subprocess.DEVNULL

    def __init__(
        self,
        environment: Mapping[str, str],
        name: str,
        program: Sequence[str],
        pass_fds: Sequence[int] = (),
    ) -> None:
        self._environment = dict(environment)
        self._name = name
        self._program = program
        self._pass_fds = pass_fds
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._keeper = threading.Thread(target=self._keep, name=f"{name} keeper", daemon=True)

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
        """Asks the child to stop, waits for it, and kills it only when it does not."""
        with self._lock:
            self._stopping.set()
            child = self._child
        if child is not None:
            _end(child, self._name)
        self._keeper.join()

    def _start(self) -> None:
        with self._lock:
            if self._stopping.is_set():
                return
            self._child = self._born()
            assert self._child.stdin is not None
            os.set_blocking(self._child.stdin.fileno(), False)
            self._met(self._child)

    def _met(self, child: subprocess.Popen[bytes]) -> None:
        """A child was born."""

    def _born(self) -> subprocess.Popen[bytes]:
        """A child that Ctrl-C does not reach, from its first moment: it shall end in peace."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return subprocess.Popen(
                [sys.executable, *self._program],
                stdin=subprocess.PIPE,
                stdout=self._stdout,
                env=self._environment,
                pass_fds=self._pass_fds,
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
            log.error(
                f"the {self._name} ended unasked; it is started again", code=code, seconds=rest
            )
            if self._stopping.wait(rest):
                return
            rest = min(rest * 2, LONGEST_REST)
            self._start()


class SenderProcess(ChildProcess):
    """The sender. It has a process of its own because an event loop beside one busy thread loses
    nearly all its turns. A line ``wake`` on its stdin means look now.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        super().__init__(environment, "sender", PROGRAM)

    def wake(self) -> None:
        """Tells the sender to look for work now. Never waits, never fails: it looks anyway soon."""
        with self._lock:
            child = self._child
            if child is None or child.stdin is None or self._stopping.is_set():
                return
            with suppress(BlockingIOError, BrokenPipeError, ValueError):
                os.write(child.stdin.fileno(), b"wake\n")


def _close_pipe(child: subprocess.Popen[bytes]) -> None:
    if child.stdin is not None:
        child.stdin.close()


def _end(child: subprocess.Popen[bytes], name: str) -> None:
    _close_pipe(child)
    try:
        code = child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        log.error(f"the {name} did not stop in time and is killed; what it began will be settled")
        child.kill()
        code = child.wait()
    log.info(f"the {name} has stopped", code=code)
