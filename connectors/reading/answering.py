"""How a source is told of somebody's "no", where its owner wants that; nothing else is told."""

from collections.abc import Mapping
from typing import Protocol

from connectors import Connector
from connectors.reading.hooks import ChangeableSite

#: The option of a connection that switches it on.
OPTION = "write_back"


class WritesBack(Protocol):
    """A source that can be told."""

    @property
    def permission(self) -> str:
        """What it takes at the site: a sentence."""
        ...

    def unsubscribe(self, site: ChangeableSite, people: Mapping[str, str]) -> None:
        """Unsubscribes people there (source id -> address) who can still be written to there; who
        is gone, or said a "no" of another kind, is left as she is. Raises what the site raises.
        """
        ...


def writes_back_of(connector: Connector | None) -> WritesBack | None:
    """How a source is told: its ``writes_back``, if it has one."""
    return getattr(connector, "writes_back", None)
