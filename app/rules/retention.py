"""How long what was handed in and what was alarming is kept."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Kept:
    """Days after its end, None: for ever. ``content``: what a message says, with its attachments;
    ``messages``: that there was one, to whom and what became of it; ``alerts``: those that are
    over; ``uploads``: files that people brought, after they were last read.
    """

    content: int | None = 30
    messages: int | None = 365
    alerts: int | None = 365
    uploads: int | None = 14

    def but(self, own: Mapping[str, int | None]) -> "Kept":
        """The same with what a workspace says itself."""
        known = {name: own[name] for name in self.words() if name in own}
        return replace(self, **known)

    def words(self) -> dict[str, int | None]:
        """As it is stored."""
        return asdict(self)


def before(days: int | None, now: datetime) -> datetime | None:
    """What ended before this moment is not kept; None: everything is."""
    return None if days is None else now - timedelta(days=days)
