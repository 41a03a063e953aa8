"""The Message-IDs of our mails: each names its delivery and its dispatch."""

import re
from uuid import UUID

_OURS = re.compile(r"<?\b(\d{1,18})\.([0-9a-f]{32})@[^>\s]{1,255}>?")


def made(delivery: int, dispatch: UUID, domain: str) -> str:
    """The same through every relay and every retry, so that a doubled mail is seen as one."""
    return f"<{delivery}{ending(dispatch, domain)}"


def ending(dispatch: UUID, domain: str) -> str:
    """What follows the delivery, in all of a dispatch."""
    return f".{dispatch.hex}@{domain}>"


def read(text: str) -> tuple[int, UUID] | None:
    """The delivery and the dispatch of one Message-ID; None when it is none of ours."""
    match = _OURS.fullmatch(text.strip())
    return (int(match[1]), UUID(match[2])) if match else None


def found_in(text: str) -> list[tuple[int, UUID]]:
    """Those that are named in a text, in order, each once."""
    found = [(int(match[1]), UUID(match[2])) for match in _OURS.finditer(text)]
    return list(dict.fromkeys(found))
