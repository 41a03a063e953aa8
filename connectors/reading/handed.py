"""Rows that a program hands in, in its own form: read by paths such as ``contact.email``."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from connectors import Incoming
from connectors.reading.forms import Said, address_in, guessed
from connectors.reading.values import listed
from connectors.reading.walk import Noticed

#: Deeper, or with more values, nothing is read.
_DEEPEST = 8
_MOST_FIELDS = 200
_LONGEST_NAME = 100
_EMAIL = re.compile(r"e[-_ ]?mail|(e[-_ ]?)?mail[-_ ]?address", re.I)
_KNOWN = frozenset(
    (
        *("first_name", "last_name", "phone", "company", "language", "timezone"),
        *("address_line_1", "address_line_2", "city", "state", "postal_code", "country"),
    )
)


@dataclass(frozen=True, slots=True)
class Paths:
    """Where things stand in a row; "" for nowhere. ``rows``: where the rows stand in a body."""

    email: str = ""
    id: str = ""
    lists: str = ""
    tags: str = ""
    rows: str = ""


class NoRows(ValueError):
    """A body in which no rows are; the message says what is there instead."""


def rows_in(body: Any, paths: Paths, most: int) -> list[Mapping[str, Any]]:
    """The rows in a body: an object is one. Raises NoRows."""
    found = at(body, paths.rows) if paths.rows else body
    if isinstance(found, Mapping):
        found = [found]
    where = f"at '{paths.rows}'" if paths.rows else "in the body"
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise NoRows(f"There is no object and no list of objects {where}.")
    if not 1 <= len(found) <= most:
        raise NoRows(f"There are {len(found)} rows {where}: send between 1 and {most} at once.")
    return found


def incoming(
    row: Mapping[str, Any], paths: Paths, noticed: Noticed, post: str, received_at: str
) -> Incoming:
    """A row in our words. Without an id of its own it is something that a person did.

    ``post``: what the row is called then.
    """
    values = dict(_values(row))
    said = [Said(path, path, value, _kind(path)) for path, value in values.items()]
    own = listed(at(row, paths.id)) if paths.id else ""
    taken: set[str] = set()
    for path in values:
        target = _target(path, taken)
        taken.add(target)
        noticed.see(path, path, target)
    email = listed(at(row, paths.email)) if paths.email else address_in(said)
    return Incoming(
        _own(own) if own else post,
        email,
        values,
        said_at="" if own else received_at,
        lists=_names(row, paths.lists),
        tags=_names(row, paths.tags),
    )


def _own(name: str) -> str:
    """A row's own name as an id: one that is too long, or that no database holds, as its hash."""
    if name.isprintable() and len(name) <= _LONGEST_NAME:
        return f"own:{name}"
    return f"own:#{blake2b(name.encode('utf-8', 'replace'), digest_size=16).hexdigest()}"


def at(body: Any, path: str) -> Any:
    """What stands at a path of names and numbers; None for nothing."""
    for name in path.split("."):
        if isinstance(body, Mapping):
            body = body.get(name)
        elif isinstance(body, Sequence) and not isinstance(body, str) and name.isdecimal():
            body = body[int(name)] if int(name) < len(body) else None
        else:
            return None
    return body


def _values(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every value by its path; a list of plain values is one."""
    found = 0
    waiting: list[tuple[str, Any, int]] = [("", row, 0)]
    while waiting and found < _MOST_FIELDS:
        path, value, depth = waiting.pop(0)
        parts = _parts(value)
        if parts is None:
            if text := listed(value):
                found += 1
                yield path, text
        elif depth < _DEEPEST:
            before = f"{path}." if path else ""
            waiting += [(f"{before}{name}", part, depth + 1) for name, part in parts]


def _parts(value: Any) -> list[tuple[str, Any]] | None:
    """What a value consists of, None for a plain one."""
    if isinstance(value, Mapping):
        names = ((str(name), part) for name, part in value.items())
        return [one for one in names if one[0].isprintable() and len(one[0]) <= _LONGEST_NAME]
    if isinstance(value, list) and any(isinstance(part, Mapping | list) for part in value):
        return [(str(number), part) for number, part in enumerate(value)]
    return None


def _kind(path: str) -> str:
    return "email" if _EMAIL.search(path.rpartition(".")[2]) else ""


def _target(path: str, taken: set[str]) -> str:
    """Where a value goes by itself: what its name says, the first of a name."""
    name = path.rpartition(".")[2]
    about = name if name in _KNOWN else guessed(Said(name, name, ""))
    return about if about in _KNOWN and about not in taken else ""


def _names(row: Mapping[str, Any], path: str) -> frozenset[str]:
    found = at(row, path) if path else None
    parts = found.split(",") if isinstance(found, str) else found
    if not isinstance(parts, list):
        return frozenset()
    return frozenset(name for part in parts if (name := listed(part).strip()))
