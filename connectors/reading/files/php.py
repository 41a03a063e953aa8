"""Values as PHP stores them: lists and texts are read, objects are not."""

import re
from typing import Any

_SIMPLE = re.compile(rb"([ibd]):([^;]{1,40});|N;")
_COUNTED = re.compile(rb"([sa]):(\d{1,9}):")
_DEEPEST = 8
_MOST = 1000


class _NotPhp(ValueError):
    """Something that is none of it."""


def value(text: str) -> Any:
    """A text, or the list or mapping that it stands for; what cannot be read stays a text."""
    if not re.match(r"[saibd]:|N;", text):
        return text
    try:
        found, rest = _read(text.encode("utf-8", "surrogatepass"), 0)
    except (_NotPhp, UnicodeDecodeError):
        return text
    return text if rest.strip() else found


def _read(raw: bytes, depth: int) -> tuple[Any, bytes]:
    if simple := _SIMPLE.match(raw):
        said = simple[2].decode() if simple[1] else ""
        return said, raw[simple.end() :]
    counted = _COUNTED.match(raw)
    if counted is None or depth > _DEEPEST:
        raise _NotPhp
    size, rest = int(counted[2]), raw[counted.end() :]
    if counted[1] == b"a":
        return _array(size, rest, depth)
    if rest[:1] != b'"' or rest[size + 1 : size + 3] != b'";':
        raise _NotPhp
    return rest[1 : size + 1].decode(), rest[size + 3 :]


def _array(size: int, rest: bytes, depth: int) -> tuple[Any, bytes]:
    if rest[:1] != b"{" or size > _MOST:
        raise _NotPhp
    rest, found = rest[1:], dict[str, Any]()
    for _ in range(size):
        key, rest = _read(rest, depth + 1)
        found[str(key)], rest = _read(rest, depth + 1)
    if rest[:1] != b"}":
        raise _NotPhp
    is_list = list(found) == [str(number) for number in range(size)]
    return (list(found.values()) if is_list else found), rest[1:]
