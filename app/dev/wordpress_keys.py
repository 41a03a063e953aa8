"""Who a stand-in shop lets in by its keys: WooCommerce's rules over plain http, OAuth with one leg.

Written down from what WooCommerce checks (``class-wc-rest-authentication.php``), so that what we
sign with a library is judged by somebody else.
"""

import hashlib
import hmac
from base64 import b64encode
from urllib.parse import parse_qsl, quote, urlsplit

from app import clock
from app.dev.wordpress_front import Asked, Reply
from app.dev.wordpress_login import error

#: A stand-in's keys are told to everybody.
KEY, SECRET = "ck_" + "5eafa4e7" * 5, "cs_" + "0b0a75e5" * 5
#: WooCommerce's own patience with clocks that differ.
WINDOW_SECONDS = 15 * 60
_NEEDED = ("consumer_key", "timestamp", "nonce", "signature", "signature_method")


class ShopKeys:
    """The one pair of keys of a stand-in whose address is ``home``."""

    def __init__(self, home: str, key: str = KEY, secret: str = SECRET) -> None:
        self.home = home
        self.key = key
        self.secret = secret
        self._nonces: set[str] = set()

    def judge(self, asked: Asked) -> Reply | bool:
        """Whether the keys came along as they should; a refusal when they did not.

        They count below /wp-json/wc/ only, as there.
        """
        if "wp-json/wc" not in asked.target:
            return False
        told = dict(parse_qsl(urlsplit(asked.target).query, keep_blank_values=True))
        given = [name for name in _NEEDED if told.get(f"oauth_{name}")]
        if not given:
            return False
        if len(given) < len(_NEEDED):
            code = "woocommerce_rest_authentication_missing_parameter"
            return error(401, code, "Missing OAuth parameters")
        wrong = self._wrong(asked, told)
        return error(401, "woocommerce_rest_authentication_error", wrong) if wrong else True

    def _wrong(self, asked: Asked, told: dict[str, str]) -> str:
        if told["oauth_consumer_key"] != self.key:
            return "Consumer key is invalid."
        if told["oauth_signature_method"] not in ("HMAC-SHA1", "HMAC-SHA256"):
            return "Invalid signature - signature method is invalid."
        signature = told.pop("oauth_signature")
        if not hmac.compare_digest(signature.encode(), self._signature(asked, told).encode()):
            return "Invalid signature - provided signature does not match."
        age = abs(clock.now().timestamp() - int(told["oauth_timestamp"]))
        if age > WINDOW_SECONDS:
            return "Invalid timestamp."
        if told["oauth_nonce"] in self._nonces:
            return "Invalid nonce - nonce has already been used."
        self._nonces.add(told["oauth_nonce"])
        return ""

    def _signature(self, asked: Asked, told: dict[str, str]) -> str:
        base = urlsplit(self.home).path.rstrip("/") + "/"
        path = urlsplit(asked.target).path.removeprefix(base).lstrip("/")
        address = f"{self.home.rstrip('/')}/{path}" if path else self.home.rstrip("/")
        # Each name and value is spelt, and then the pair once more.
        pairs = [_spelt(f"{_spelt(name)}={_spelt(told[name])}") for name in sorted(told)]
        said = f"{asked.method}&{_spelt(address)}&{'%26'.join(pairs)}"
        how = told["oauth_signature_method"].removeprefix("HMAC-").lower()
        made = hmac.new(f"{self.secret}&".encode(), said.encode(), getattr(hashlib, how))
        return b64encode(made.digest()).decode()


def _spelt(text: str) -> str:
    """PHP's rawurlencode."""
    return quote(text, safe="~")
