"""How a process of ours is asked to stop, and how it leaves."""

import os
import signal
import threading

from app.jobs import Jobs

_LOOK_SECONDS = 0.2


class Stop(threading.Event):
    """Set by a signal or by a thread. A signal's handler may take no lock: the main thread may hold
    it at that very moment, and would wait for itself for ever.
    """

    def __init__(self) -> None:
        super().__init__()
        self._asked = False

    def ask(self, _number: int, _frame: object) -> None:
        """The handler of a signal; whoever asks a second time does not want to wait."""
        if self._asked:
            os._exit(1)
        self._asked = True

    def is_set(self) -> bool:
        """Whether the process was asked to stop."""
        return self._asked or super().is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Until it is asked to stop, or for ``timeout`` seconds; says whether it was."""
        if timeout is not None:
            return super().wait(timeout) or self._asked
        while not (self._asked or super().wait(_LOOK_SECONDS)):
            pass
        return True


def on_signals() -> Stop:
    """SIGINT and SIGTERM set it from now on."""
    stop = Stop()
    signal.signal(signal.SIGINT, stop.ask)
    signal.signal(signal.SIGTERM, stop.ask)
    return stop


def leave(jobs: Jobs | None, code: int = 0) -> None:
    """Ends the process where a job does not come back: a thread cannot be ended otherwise.

    Its work is taken up again where it was.
    """
    if code or (jobs is not None and jobs.under_way):
        os._exit(code)
