"""Moments as exports write them, often without a zone and in the order of some country."""

import re
from datetime import UTC, datetime, tzinfo

from connectors.reading.values import utc

_WRITTEN = (
    *("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y"),
    *("%B %d, %Y %I:%M %p", "%B %d, %Y %H:%M", "%B %d, %Y", "%b %d, %Y @ %H:%M"),
    *("%b %d, %Y %I:%M %p", "%b %d, %Y", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d"),
)
_SLASHED = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4})(?: (\d{1,2}):(\d{2})(?::(\d{2}))?)?(?: ([ap]m))?", re.I
)


def moment(text: str, zone: tzinfo) -> str:
    """An instant in UTC; "" for what is none, or could be two. ``zone``: of times without one."""
    said = " ".join(text.replace(" at ", " ").split())
    if found := utc(said, zone) or _slashed(said, zone):
        return found
    for form in _WRITTEN:
        try:
            at = datetime.strptime(said, form).replace(tzinfo=zone)
        except ValueError:
            continue
        return _said(at)
    return ""


def _slashed(said: str, zone: tzinfo) -> str:
    """Some write the day first, some the month; only the latter write am and pm."""
    found = _SLASHED.fullmatch(said)
    if found is None:
        return ""
    first, second, year, hour, minute, sec, half = found.groups()
    is_month_first = bool(half) or int(second) > 12 or first == second
    if not is_month_first and int(first) <= 12:
        return ""
    month, day = (first, second) if is_month_first else (second, first)
    hours = int(hour or 0) % 12 + 12 * (half.lower() == "pm") if half else int(hour or 0)
    try:
        day_at = datetime(int(year), int(month), int(day), hours, tzinfo=zone)
        return _said(day_at.replace(minute=int(minute or 0), second=int(sec or 0)))
    except ValueError:
        return ""


def _said(at: datetime) -> str:
    try:
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at.year >= 1900 else ""
    except OverflowError:
        return ""
