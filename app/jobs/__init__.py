"""What runs again and again beside the web application: one interface, two engines.

Embedded (SQLite) in threads of one process, scaled (PostgreSQL) on Procrastinate in any number of
processes. Rows hold the state; a job only looks at them. So a lost, doubled or cut off turn is
harmless, and a job that fails is logged and has its next turn as usual.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol


class Jobs(AbstractContextManager["Jobs"], Protocol):
    """Gives jobs their turns while the context lasts; at the end turns under way get some time."""

    def every(
        self, seconds: float, name: str, function: Callable[[], object], *, queue: str = "campaigns"
    ) -> None:
        """Calls ``function`` every so many seconds, never twice at once."""

    @property
    def under_way(self) -> frozenset[str]:
        """The jobs that have their turn here right now."""
