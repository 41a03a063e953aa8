"""How a process of ours is asked to stop, and how it leaves."""

import os
import signal
import threading

from app.jobs import Jobs


def on_signals() -> threading.Event:
    """SIGINT and SIGTERM set it; whoever asks a second time does not want to wait."""
    stop = threading.Event()

    def asked(_number: int, _frame: object) -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()

    signal.signal(signal.SIGINT, asked)
    signal.signal(signal.SIGTERM, asked)
    return stop


def leave(jobs: Jobs | None, code: int = 0) -> None:
    """Ends the process where a job does not come back: a thread cannot be ended otherwise.

    Its work is taken up again where it was.
    """
    if code or (jobs is not None and jobs.under_way):
        os._exit(code)
