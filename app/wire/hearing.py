"""Bytes from a server -> replies, however the network cut them."""

import re
from functools import lru_cache

#: A code and the server's words after it, lines joined by a space.
Heard = tuple[int, bytes]

LONGEST_LINE = 8192
MOST_LINES = 256
MOST_UNREAD = 1000
LONGEST_TEXT = 500
#: Shorter lines are remembered: most of what a server says it says again and again.
_SHORT = 80

_CODES = {str(code).encode(): code for code in range(200, 600)}
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Garbled(Exception):
    """What came is no SMTP reply; ``heard`` are the good replies before it."""

    def __init__(self, why: str, heard: list[Heard]) -> None:
        super().__init__(why)
        self.heard = heard


class Ear:
    """Puts replies together; a reply counts only when it is complete."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []

    def listen(self, data: bytes) -> list[Heard]:
        """The replies that ``data`` completes. Raises Garbled."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        heard: list[Heard] = []
        for line in lines:
            found = _known(line) if len(line) < _SHORT else _understood(line)
            if found is None:
                raise Garbled(f"this is no SMTP reply: {tidy(line[:80])!r}", heard)
            reply, is_last = found
            if is_last and not self._lines:
                heard.append(reply)
                continue
            self._lines.append(reply[1])
            if is_last:
                heard.append((reply[0], b" ".join(self._lines)))
                self._lines = []
            elif len(self._lines) > MOST_LINES:
                raise Garbled("a reply without an end", heard)
        if len(self._rest) > LONGEST_LINE:
            raise Garbled("a line without an end", heard)
        return heard


def _understood(line: bytes) -> tuple[Heard, bool] | None:
    """The code and the words of a line, and whether it ends a reply; None when it is none."""
    code = _CODES.get(line[:3])
    mark = line[3:4]
    if code is None or mark not in b"- \r" or len(line) > LONGEST_LINE:
        return None
    return (code, line[4:].strip()), mark != b"-"


_known = lru_cache(maxsize=1024)(_understood)


def tidy(words: bytes | str) -> str:
    """A stranger's words as one bounded line without control characters."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    if len(text) <= LONGEST_TEXT and text.isascii() and text.isprintable():
        return text.strip()
    text = _CONTROLS.sub(" ", text[: 4 * LONGEST_TEXT]).strip()
    return text[:LONGEST_TEXT].encode("utf-8", "replace").decode()
