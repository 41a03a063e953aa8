"""How IMAP writes things (RFC 3501): answers that are a no, numbers, days, names of folders."""

import imaplib
import re
from base64 import b64encode
from datetime import date
from typing import Any

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def good(answer: tuple[str, list[Any]]) -> list[Any]:
    """What was answered. Raises imaplib's error for everything but OK."""
    kind, found = answer
    if kind != "OK":
        words = b" ".join(one for one in found if isinstance(one, bytes))
        raise imaplib.IMAP4.error(words or kind.encode())
    return found


def number(value: Any) -> int:
    """The number in an answer. Raises imaplib's error when there is none."""
    found = re.search(rb"\d+", value or b"")
    if found is None:
        raise imaplib.IMAP4.error("the server does not number its mails (no UIDVALIDITY)")
    return int(found[0])


def named(folder: str) -> str:
    """A folder's name as it is written on the wire: modified UTF-7 (RFC 3501, 5.1.3), quoted."""
    pieces = re.split(r"([^\x20-\x7e]+)", folder.replace("&", "&-"))
    for at in range(1, len(pieces), 2):
        encoded = b64encode(pieces[at].encode("utf-16-be")).decode().rstrip("=")
        pieces[at] = f"&{encoded.replace('/', ',')}-"
    name = "".join(pieces).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{name}"'


def day(when: date) -> str:
    """A day as it is asked for: 22-Nov-2026, whatever language this machine speaks."""
    return f"{when.day}-{_MONTHS[when.month - 1]}-{when.year}"
