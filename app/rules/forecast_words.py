"""A forecast in sentences: until when, and what is in the way."""

from collections.abc import Sequence
from datetime import datetime

from app.rules.forecast import HORIZON

_IN_THE_WAY = {
    "rate": "its rate per second holds it up",
    "hourly": "its hourly limit holds it up",
    "daily": "its daily limit holds it up",
    "warm_up": "its warm-up plan holds it up",
    "away": "it is away",
}


def sentences(
    audience: int,
    finished_at: datetime | None,
    unsent: int,
    relays: Sequence[tuple[str, int, Sequence[str]]],
    *,
    nobody: bool,
    window: bool,
) -> list[str]:
    """``relays``: name, how many it carries, what is in its way. ``nobody``: for some there is no
    relay at all; ``window``: some wait for the sending window.
    """
    if not audience:
        return ["It would go to nobody."]
    told = []
    if finished_at is not None:
        told.append(f"All {audience:,} would be sent by {finished_at:%Y-%m-%d %H:%M} UTC.")
    elif unsent:
        told.append(
            f"{unsent:,} of {audience:,} would still wait after {HORIZON.days} days, or for ever."
        )
    if nobody:
        told.append("There is no relay for some of them: the campaign would be paused.")
    for name, mails, bound_by in relays:
        why = ", ".join(_IN_THE_WAY[one] for one in bound_by)
        told.append(f"'{name}' carries {mails:,}{f': {why}' if why else ''}.")
    if window:
        told.append("Some wait for the sending window to open.")
    return told
