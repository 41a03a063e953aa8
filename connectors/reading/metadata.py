"""What plugins hang on a shop's customers and orders: fields of the checkout, opt-ins."""

import re
from functools import lru_cache

from connectors.reading.values import listed, mapping, plain
from connectors.reading.walk import Noticed, Row

#: Keys that begin with an underscore are a plugin's own business, but for what people agreed to.
_AGREED = re.compile(r"opt_?-?(in|out)|consent|newsletter|marketing|gdpr|dsgvo|subscri", re.I)


def more(row: Row, noticed: Noticed) -> dict[str, str]:
    """What a row says beyond the fields that each has: ``meta.<key>``, ``shipping.<key>``."""
    said: dict[str, str] = {}
    found = row.get("meta_data")
    for entry in map(mapping, found if isinstance(found, list) else []):
        key = plain(entry.get("key"))
        if _is_meant(key) and (value := listed(entry.get("value"))):
            said[noticed.see(f"meta.{key}", key)] = value
    for name, there in mapping(row.get("shipping")).items():
        if value := plain(there):
            said[noticed.see(*_shipping(name))] = value
    return said


@lru_cache(maxsize=256)
def _is_meant(key: str) -> bool:
    return bool(key) and (not key.startswith("_") or bool(_AGREED.search(key)))


@lru_cache(maxsize=256)
def _shipping(name: str) -> tuple[str, str]:
    """The key and the label of a field of the shipping address."""
    return f"shipping.{name}", f"Shipping: {name.replace('_', ' ')}"
