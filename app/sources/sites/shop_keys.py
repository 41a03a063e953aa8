"""A shop's keys at rest: the consumer key and its secret in one closed text."""

import json
from typing import Any

from app.errors import Invalid
from app.sources.models import Site
from app.vault import Vault
from wp_bridge.ways import Keys

#: WooCommerce shows as much of a key in its list.
_SHOWN = 7
NAMES = ("consumer_key", "consumer_secret")


def take(site: Site, vault: Vault, values: dict[str, Any]) -> bool:
    """Stores the keys among ``values``, null for none any more; whether there were any.

    Raises Invalid for one without the other.
    """
    given = [name for name in NAMES if name in values]
    if not given:
        return False
    key, secret = (values.get(name) or "" for name in NAMES)
    if len(given) == 1 or bool(key) != bool(secret):
        missing = NAMES[1] if key else NAMES[0]
        raise Invalid.at(missing, "Keys are both: the consumer key and its secret.")
    if key and (key.startswith("cs_") or secret.startswith("ck_")):
        raise Invalid.at(
            NAMES[0], "The key (ck_...) and its secret (cs_...) are the wrong way round."
        )
    site.shop_keys = vault.close(json.dumps([key, secret])) if key else ""
    site.key_ending = key[-_SHOWN:] if key else ""
    return True


def of(site: Site, vault: Vault) -> Keys | None:
    """The keys of a site, None when it has none. Raises WrongKey."""
    return Keys(*json.loads(vault.open(site.shop_keys))) if site.shop_keys else None
