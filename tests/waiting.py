"""Waiting for what comes at its own pace, on a machine that may be very busy elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: How long something that must come is waited for: no promise about speed, only an end for what
#: hangs. Less than pytest's own limit for a test, so that who waits can say for what.
PATIENCE = 240.0


def until(true: Callable[[], object], what: str = "waited in vain", pause: float = 0.0) -> None:
    """Returns as soon as ``true`` is; fails with ``what`` when it never is.

    It looks every ``pause`` seconds. By default the pauses grow with the time it takes: looking
    often costs the very processor that is waited for. Give a pause where something has to be
    caught in the middle.
    """
    begun = time.monotonic()
    while not true():
        waited = time.monotonic() - begun
        assert waited < PATIENCE, what
        time.sleep(pause or min(0.5, 0.02 + waited / 10))


@contextmanager
def in_no_time(seconds: float = 20.0) -> Iterator[None]:
    """Fails when the block took more of the processor: far more than it needs, and far less than
    what grows with the square of its input would take.
    """
    begun = time.process_time()
    yield
    assert time.process_time() - begun < seconds
