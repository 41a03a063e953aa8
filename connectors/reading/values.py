"""What plugins write, as a person would: text without entities, times in UTC, ids as numbers."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from html import unescape
from typing import Any

from connectors import Answer
from connectors.reading.walk import Row, Sheet
from wp_bridge.errors import NotUnderstood

_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")
_ADDRESS = re.compile(r"[^\s@<>(),;:\"\[\]\\]+@[^\s@<>(),;:\"\[\]\\]+\.[^\s@<>(),;:\"\[\]\\]+")
_YEAR = re.compile(r"(19|20)\d\d-")
#: Longer ones are messages, not values.
_LONGEST = 4000
#: No row has a number of more than 18 digits.
_MOST = 10**18


def plain(value: Any) -> str:
    """Text as a person would write it: WordPress stores names with entities, some hold HTML."""
    if type(value) is not str:
        return str(value) if isinstance(value, int | float) and value is not True else ""
    if not value or (value.isidentifier() and len(value) <= _LONGEST):
        return value  # one word, as most values are
    value = value[:_LONGEST]
    if "<" in value:
        value = _TAG.sub("", value)
    if "&" in value:
        value = unescape(value)
    return " ".join(value.split())


def text(value: Any) -> str:
    """The text in a value as it stands; "" when it is none."""
    return value if isinstance(value, str) else ""


def listed(value: Any) -> str:
    """Plain text of a value that may be several; an empty PHP array is nothing."""
    if type(value) is str:
        return plain(value)
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        return ", ".join(part for part in map(plain, value) if part)
    return plain(value)


def mapping(value: Any) -> Mapping[str, Any]:
    """A JSON object; PHP writes an empty one as ``[]``."""
    return value if type(value) is dict or isinstance(value, Mapping) else {}


def is_address(value: Any) -> bool:
    """Whether a value looks like an e-mail address and nothing else."""
    return isinstance(value, str) and bool(_ADDRESS.fullmatch(value.strip()))


def first_address(values: Iterable[Any]) -> str:
    """The first of the values that looks like an address, else the first that says anything."""
    found = [value.strip() for value in values if isinstance(value, str) and value.strip()]
    return next((value for value in found if is_address(value)), found[0] if found else "")


def utc(value: Any, zone: tzinfo = UTC) -> str:
    """A time as an instant in UTC; ``zone`` is that of times that do not say theirs.

    "" for what is none, such as a zero date, which may arrive as the year -1.
    """
    if not (isinstance(value, str) and _YEAR.match(value)):
        return ""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return ""
    if at.tzinfo is UTC and len(value) in (20, 25):
        return value[:19] + "Z"
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    return at.astimezone(UTC).isoformat()[:19] + "Z"


def field_key(name: str) -> str:
    """The key of a custom field for what a plugin calls ``name``; "" when nothing is left."""
    key = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40].strip("_")
    return f"field_{key}" if key[:1].isdigit() else key


def number_of(row: Any, name: str = "id") -> int:
    """The number that a row is known by. Raises NotUnderstood."""
    is_row = type(row) is dict or isinstance(row, Mapping)
    found = row.get(name, "") if is_row else ""
    if type(found) is int and 0 <= found < _MOST:
        return found
    number = str(found)
    if not re.fullmatch("[0-9]{1,18}", number):
        raise NotUnderstood("The site's list holds something that is no row with a number.")
    return int(number)


def bare(answer: Answer) -> Sheet:
    """A page in WordPress's own way: rows, and the counts in headers. Raises NotUnderstood."""
    if not isinstance(answer.data, list):
        raise NotUnderstood("The site's answer is not a list of rows.")
    if answer.total is None or answer.pages is None:
        raise NotUnderstood(
            "The site did not say how many rows there are (X-WP-Total, X-WP-TotalPages): "
            "something between it and us drops these headers."
        )
    return Sheet(_numbered(answer.data), answer.total, answer.pages)


def enveloped(data: Any, rows: str = "data", pages: str = "last_page") -> Sheet:
    """A page that says its counts itself. Raises NotUnderstood."""
    said = mapping(data)
    found, total, last = said.get(rows), said.get("total"), said.get(pages)
    if isinstance(found, Mapping):
        found = list(found.values())  # PHP writes a list with gaps as an object
    counts = [str(total), str(last)]
    if not isinstance(found, list) or not all(re.fullmatch("[0-9]{1,12}", one) for one in counts):
        raise NotUnderstood("The site's answer is not a page of rows with their count.")
    return Sheet(_numbered(found), int(counts[0]), int(counts[1]))


def _numbered(rows: Iterable[Any]) -> list[tuple[int, Row]]:
    return [(number_of(row), row) for row in rows]
