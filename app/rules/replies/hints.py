"""When a server says itself how long it wants to be left alone."""

import re
from datetime import timedelta

_UNITS = {"s": 1, "m": 60, "h": 3600}
_NUMBER = r"(\d{1,6})"
_UNIT = r"(s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?)\b"
_IN_WORDS = re.compile(
    rf"(?:again|back|after|later|wait|for|within|next|in)\b[^\d]{{0,20}}?{_NUMBER} ?{_UNIT}",
    re.IGNORECASE,
)
_AS_CLOCK = re.compile(
    r"(?:again|back|after|later|wait|for|in)\b[^\d]{0,20}?(\d{1,2}):(\d\d):(\d\d)\b", re.IGNORECASE
)
_AS_HEADER = re.compile(r"retry-?after\W{1,3}(\d{1,6})\b", re.IGNORECASE)


def said(text: str) -> timedelta | None:
    """The time that a text names ("try again in 300 seconds"), None when it names none."""
    if found := _AS_CLOCK.search(text):
        hours, minutes, seconds = map(int, found.groups())
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if found := _IN_WORDS.search(text):
        return timedelta(seconds=int(found[1]) * _UNITS[found[2][0].lower()])
    if found := _AS_HEADER.search(text):
        return timedelta(seconds=int(found[1]))
    return None


def bounded(text: str, usual: timedelta, *, least: timedelta, most: timedelta) -> timedelta:
    """The time that a text names, within bounds; ``usual`` when it names none."""
    named = said(text)
    return usual if named is None else min(max(named, least), most)
