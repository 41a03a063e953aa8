"""The only file that reads the clock; everybody else is handed the time."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds on a clock that never jumps; for leases, latencies and time-outs."""
    return time.monotonic()
