"""Addresses as people and spreadsheets write them."""

import re

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_NAMED = re.compile(r"[^<>]*<([^<>\s]+@[^<>\s]+)>")


def address_in(cell: str) -> str:
    """The address in a cell, without what is around it: a name, ``mailto:``, what nobody sees."""
    text = cell[:1000].translate(_INVISIBLE).strip()
    if named := _NAMED.fullmatch(text):
        text = named[1]
    return text[7:].strip() if text[:7].lower() == "mailto:" else text
