"""When somebody said no: which no outranks which, and what may still be asked for.

A no about the address (invalid, bounced) is the weakest, then the operator's (manual), then the
person's own (unsubscribed, complained).
"""

_STRENGTH = {"invalid": 0, "bounced": 1, "manual": 2, "unsubscribed": 3, "complained": 4}
#: A no that stops messages too, which somebody waits for: the address takes none, the person
#: called them spam, or the operator forbids it. To unsubscribe is a no to campaigns only.
STOPS_MESSAGES = ("invalid", "bounced", "manual", "complained")
#: The statuses of contacts who get no messages.
CLOSED_TO_MESSAGES = ("invalid", "bounced", "complained")


def status_for(reason: str) -> str:
    """The status of a contact whose address is suppressed for ``reason``."""
    return "unsubscribed" if reason == "manual" else reason


def is_no(status: str) -> bool:
    """Whether the status says that this person or address is not written to."""
    return status in _STRENGTH


def stops_messages(reason: str) -> bool:
    """Whether a no for this reason also stops mail that somebody waits for."""
    return reason in STOPS_MESSAGES


def weaker(reason: str) -> list[str]:
    """The reasons that ``reason`` outranks."""
    return [other for other, strength in _STRENGTH.items() if strength < _STRENGTH[reason]]


def gives_way(reason: str) -> list[str]:
    """The statuses that a no for ``reason`` replaces."""
    return ["pending", "active", *(other for other in weaker(reason) if other != "manual")]


def merged(known: str, asked: str) -> str:
    """The status after a machine asked for one: only a stronger no changes a no.

    What is active stays active when it is asked to be pending: it was confirmed once.
    """
    if is_no(known):
        return asked if is_no(asked) and known in weaker(asked) else known
    if is_no(asked):
        return asked
    return "active" if "active" in (known, asked) else "pending"
