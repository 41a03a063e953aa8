"""Header lines of a mail: whatever a value holds, it stays inside of its own header."""

import re
from base64 import b64encode
from collections.abc import Iterator

#: Longer ones are cut: no mailbox shows more, and servers refuse huge headers.
SUBJECT_LIMIT = 900
NAME_LIMIT = 200

_ROOM = 76
_CONTROL = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\u0085]+")
_PLAIN = re.compile(r"[\x21-\x7e]{1,60}(?: [\x21-\x7e]{1,60})*")
_SIMPLE_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~ ]{1,50}")
_QUOTABLE_NAME = re.compile(r"[\x20-\x7e]{1,50}")
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_Q = [chr(b) if b in _Q_SAFE else "_" if b == 32 else f"={b:02X}" for b in range(256)]


def one_line(value: str, limit: int) -> str:
    """``value`` without line breaks and controls, each run of them a space; at most ``limit``."""
    if value.isprintable() and "  " not in value and len(value) <= limit:
        return value.strip()
    return _CONTROL.sub(" ", value).strip()[:limit].rstrip()


def text(name: str, value: str) -> bytes:
    """A header of free words, such as Subject; folded, and in encoded words where needed."""
    value = one_line(value, SUBJECT_LIMIT)
    if value.isascii() and "=?" not in value and (not value or _PLAIN.fullmatch(value)):
        return _folded(name, value)
    return _joined(name, list(_encoded_words(value, len(name) + 2)))


def mailbox(name: str, display: str, address: str) -> bytes:
    """A header with one mailbox, such as To. ``address`` is an addr-spec, ready for the wire."""
    display = one_line(display, NAME_LIMIT)
    target = f"<{address}>" if display else address
    if not display:
        words = []
    elif "=?" not in display and _SIMPLE_NAME.fullmatch(display):
        words = [display]
    elif "=?" not in display and _QUOTABLE_NAME.fullmatch(display):
        words = ['"' + display.replace("\\", "\\\\").replace('"', '\\"') + '"']
    else:
        words = list(_encoded_words(display, len(name) + 2))
    return _joined(name, [*words, target])


def token(name: str, value: str) -> bytes:
    """A header that a machine reads: never folded, never encoded, only visible ASCII."""
    if not (value.isascii() and value.isprintable()):
        value = "".join(letter for letter in value if "\x20" <= letter <= "\x7e")
    return f"{name}: {value.strip()}\r\n".encode()


def _folded(name: str, value: str) -> bytes:
    return _joined(name, value.split())


def _joined(name: str, words: list[str]) -> bytes:
    """Words on lines of up to 76 characters; folding happens at the spaces between them."""
    whole = " ".join([f"{name}:", *words])
    if len(whole) <= _ROOM:
        return f"{whole}\r\n".encode("utf-8", "replace")
    lines = []
    line = start = f"{name}:"
    for word in words:
        if len(line) + 1 + len(word) > _ROOM and line != start:
            lines.append(line)
            line = ""
        line += " " + word
    return "\r\n".join([*lines, line, ""]).encode("utf-8", "replace")


def _encoded_words(value: str, used: int) -> Iterator[str]:
    """RFC 2047: each word whole characters, at most 75 long, the first after ``used`` columns."""
    data = value.encode("utf-8", "replace")
    whole = "".join([_Q[byte] for byte in data])
    quoted = len(whole) <= len(data) * 4 // 3 + 4
    room = _ROOM - 1 - len("=?utf-8?q??=")
    if quoted and len(whole) <= room - used:
        yield f"=?utf-8?q?{whole}?="
        return
    letters: list[bytes] = []
    size, left = 0, room - used
    for letter in value:
        encoded = letter.encode("utf-8", "replace")
        cost = sum(len(_Q[byte]) for byte in encoded) if quoted else len(encoded)
        if size + cost > (left if quoted else left // 4 * 3):
            yield _encoded_word(b"".join(letters), quoted)
            letters, size, left = [], 0, room
        letters.append(encoded)
        size += cost
    yield _encoded_word(b"".join(letters), quoted)


def _encoded_word(data: bytes, quoted: bool) -> str:
    if quoted:
        return "=?utf-8?q?" + "".join(_Q[byte] for byte in data) + "?="
    return f"=?utf-8?b?{b64encode(data).decode()}?="
