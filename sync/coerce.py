"""Values as the fields of contacts want them: numbers, dates, instants, yes and no."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

#: What a field may hold.
KINDS = ("text", "number", "date", "instant", "boolean")
_YES = frozenset({"1", "yes", "y", "true", "on", "ja", "oui", "si", "sí", "x"})
_NO = frozenset({"0", "no", "n", "false", "off", "nein", "non"})
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,10})?")
_COMMA = re.compile(r"[+-]?\d{1,15},\d{1,10}")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d{1,10})?|[+-]?\d{1,3}(\.\d{3})+,\d{1,10}")
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


class BadValue(ValueError):
    """A value that is none of its kind; the message says why."""


def coerced(kind: str, text: str) -> str:
    """``text`` in the one form that its kind has. Raises BadValue."""
    return _WAYS[kind](text.strip())


def _number(text: str) -> str:
    said = text.replace(" ", "").replace("\u00a0", "").replace("'", "")
    if _NUMBER.fullmatch(said):
        return _plain(said)
    if _COMMA.fullmatch(said) and not re.fullmatch(r"[+-]?\d{1,3},\d{3}", said):
        return _plain(said.replace(",", "."))
    if _THOUSANDS.fullmatch(said) and {",", "."} <= set(said):
        point = max(said.rfind(","), said.rfind("."))
        return _plain(re.sub("[.,]", "", said[:point]) + "." + said[point + 1 :])
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+", said):
        raise BadValue("could mean thousands or a fraction")
    raise BadValue("is not a number")


def _plain(said: str) -> str:
    whole, point, part = said.lstrip("+").partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    digits, part = digits.lstrip("0") or "0", part.rstrip("0")
    number = f"{digits}.{part}" if point and part else digits
    return number if number == "0" else sign + number


def _date(text: str) -> str:
    if found := _ISO_DAY.fullmatch(text):
        year, month, day = found.groups()
    elif found := _DOTTED.fullmatch(text):
        day, month, year = found.groups()
    elif found := _SLASHED.fullmatch(text):
        day, month, year = _told_apart(*found.groups())
    else:
        raise BadValue("is not a date such as 2026-11-22")
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        raise BadValue("is a day that does not exist") from None


def _told_apart(first: str, second: str, year: str) -> tuple[str, str, str]:
    """Day, month and year: with slashes some write the month first."""
    if int(first) > 12:
        return first, second, year
    if int(second) > 12 or first == second:
        return second, first, year
    raise BadValue("could be day or month first")


def _instant(text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise BadValue("is a time without a time zone")
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError:
        raise BadValue("is a time out of range") from None
    except ValueError as error:
        if isinstance(error, BadValue):
            raise
        raise BadValue("is not a time such as 2026-11-22T12:00:00Z") from None


def _boolean(text: str) -> str:
    said = text.casefold()
    if said in _YES or said in _NO:
        return "true" if said in _YES else "false"
    raise BadValue("is neither yes nor no")


_WAYS: Mapping[str, Callable[[str], str]] = {
    "text": lambda text: text,
    "number": _number,
    "date": _date,
    "instant": _instant,
    "boolean": _boolean,
}
