"""What plugins hang on a shop's customers and orders: fields of the checkout, opt-ins."""

import re
from collections.abc import Iterator

from connectors.reading.values import listed, mapping, plain
from connectors.reading.walk import Noticed, Row

#: Keys that begin with an underscore are a plugin's own business, but for what people agreed to.
_AGREED = re.compile(r"opt_?-?(in|out)|consent|newsletter|marketing|gdpr|dsgvo|subscri", re.I)


def more(row: Row, noticed: Noticed) -> dict[str, str]:
    """What a row says beyond the fields that each has: ``meta.<key>``, ``shipping.<key>``."""
    return {
        noticed.see(key, label): value
        for key, label, value in (*_meta(row), *_shipping(row))
        if value
    }


def _meta(row: Row) -> Iterator[tuple[str, str, str]]:
    found = row.get("meta_data")
    for entry in map(mapping, found if isinstance(found, list) else []):
        key = plain(entry.get("key"))
        if key and (not key.startswith("_") or _AGREED.search(key)):
            yield f"meta.{key}", key, listed(entry.get("value"))


def _shipping(row: Row) -> Iterator[tuple[str, str, str]]:
    for key, value in mapping(row.get("shipping")).items():
        yield f"shipping.{key}", f"Shipping: {key.replace('_', ' ')}", plain(value)
