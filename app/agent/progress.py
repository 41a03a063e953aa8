"""Tells how far a run came, now and then: a line for each batch would fill a log with nothing."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import structlog

log = structlog.get_logger(__name__)

#: Seconds between two lines about the same run.
EVERY = 10.0
_COUNTED = ("seen", "created", "updated", "kept")


class Progress:
    """The run whose batches are brought; ``monotonic``: seconds on a clock that never jumps."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._told_at = monotonic()
        self._run_id = ""
        self._counts: Counter[str] = Counter()

    def brought(self, run_id: str, source: str, answer: Mapping[str, Any]) -> None:
        """The server took a batch of a run: told when the run ends, and every few seconds until
        then, with what came of all of its batches so far."""
        if run_id != self._run_id:
            self._begin(run_id)
        self._counts["batches"] += 1
        for name in _COUNTED:
            value = answer.get(name)
            self._counts[name] += value if isinstance(value, int) else 0
        state = answer.get("state")
        if state != "running" or self._monotonic() - self._told_at >= EVERY:
            self._told_at = self._monotonic()
            log.info("brought", source=source, state=state, **self._counts)

    def _begin(self, run_id: str) -> None:
        self._run_id, self._counts, self._told_at = run_id, Counter(), self._monotonic()
