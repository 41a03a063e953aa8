"""The place in a search from which the next page goes on, as a word that callers hand back."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from app.errors import Invalid
from app.watching.searching import Search, order

_MOST = 2**63 - 1


def write(search: Search, place: Sequence[Any]) -> str:
    """A place of this search as a word."""
    values = [one.isoformat() if isinstance(one, datetime) else one for one in place]
    return urlsafe_b64encode(json.dumps([_name(search), *values]).encode()).decode().rstrip("=")


def read(search: Search, word: str | None) -> list[Any] | None:
    """The word as a place; None for none. Raises Invalid when it is not one of this search."""
    if word is None:
        return None
    try:
        padded = word + "=" * (-len(word) % 4)
        name, *values = json.loads(urlsafe_b64decode(padded.encode("ascii")))
        if name != _name(search):
            raise ValueError
        return _values(name, values)
    except (ValueError, TypeError, OverflowError, RecursionError):
        sentence = "Is not the 'next' of this search: leave it out to begin at the start."
        raise Invalid.at("cursor", sentence) from None


def _name(search: Search) -> str:
    return "newest" if search.address is not None else order(search).name


def _values(name: str, values: list[Any]) -> list[Any]:
    match name, values:
        case "newest", [int(number)] if 0 <= number <= _MOST:
            return [number]
        case "address", [str(address)] if address.isprintable():
            return [address]
        case "due", [str(moment), int(number)] if 0 <= number <= _MOST:
            due = datetime.fromisoformat(moment)
            if due.tzinfo is None:
                raise ValueError
            return [due.astimezone(UTC), number]
    raise ValueError
