"""Who has a turn right now, in this process."""

import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)


class Turns:
    """Calls functions by name, and knows which are under way."""

    def __init__(self) -> None:
        self._under_way: set[str] = set()
        self._changed = threading.Condition()

    @property
    def under_way(self) -> frozenset[str]:
        """The names of those that have not come back yet."""
        return frozenset(self._under_way)

    def have(self, name: str, function: Callable[[], object]) -> None:
        """Calls it; a failing one is logged and that is all."""
        self._note(self._under_way.add, name)
        try:
            function()
        except Exception:
            log.exception("a job failed; it has its next turn as usual", job=name)
        finally:
            self._note(self._under_way.discard, name)

    def end(self, patience: float) -> None:
        """Waits for those under way, but not for ever."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._under_way, patience):
                log.warning("jobs are cut off; the next start takes them up", jobs=self.under_way)

    def _note(self, change: Callable[[str], None], name: str) -> None:
        with self._changed:
            change(name)
            self._changed.notify_all()
