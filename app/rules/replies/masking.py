"""A server's words without the people in them, and what is alike in many of them."""

import re

#: What stands where an address stood.
MASK = "<address>"

_ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]]+(?:@|%40)[^\s<>\"'(),;:\[\]]+", re.IGNORECASE)
#: Queue ids, IP addresses, instants: long words with a digit, and numbers.
_MARK = re.compile(r"\b(?=[\w.:-]*\d)[\w.:-]{8,}|\b\d{3,}\b")
_BLANKS = re.compile(r"\s+")
#: A shorter name before the @ might be an ordinary word of the sentence.
_LEAST_NAME = 3
_LONGEST_KIND = 200


def masked(text: str, address: str = "") -> str:
    """The text without addresses; of the recipient's ``address`` also without its name."""
    found = _ADDRESS.sub(MASK, text)
    name = address.rpartition("@")[0]
    if len(name) >= _LEAST_NAME:
        found = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", MASK, found, flags=re.IGNORECASE)
    return found


def kind(text: str) -> str:
    """What texts that differ in numbers and ids only have in common, at most 200 characters."""
    return _BLANKS.sub(" ", _MARK.sub("#", text)).strip()[:_LONGEST_KIND]
