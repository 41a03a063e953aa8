"""The time zone that a site is set to."""

from datetime import UTC, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: The fields of a site's index that say it.
ZONE_FIELDS = "gmt_offset,timezone_string"
_FARTHEST = 14.0


def zone_of(index: Any) -> tzinfo:
    """The zone in a site's index: a name if it has one, else its distance from UTC."""
    said = index if isinstance(index, dict) else {}
    name = said.get("timezone_string")
    if isinstance(name, str) and name:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    try:
        hours = float(said.get("gmt_offset") or 0)
    except (TypeError, ValueError):
        return UTC
    return timezone(timedelta(hours=hours)) if abs(hours) <= _FARTHEST else UTC
