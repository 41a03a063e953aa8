"""What a request takes along so that a site knows who asks: nothing, a password, or a shop's keys.

WooCommerce's keys open its own routes and no others. Over https they go as HTTP Basic; over plain
http, where a secret may not be said, a request is signed with it (OAuth 1.0a with one leg).
See ``class-wc-rest-authentication.php`` of WooCommerce.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from oauthlib import oauth1

from wp_bridge.errors import AskTheOwner

Method = Literal["GET", "HEAD", "POST", "PUT", "DELETE"]
#: The namespaces that keys open: WooCommerce's own, and those of its add-ons.
_OF_THE_SHOP = ("wc/", "wc-")
_CODES = ("woocommerce_rest_authentication", "woocommerce_rest_cannot_view")


class Way(Protocol):
    """Who asks."""

    @property
    def is_known(self) -> bool:
        """Whether a login comes along."""
        ...

    def dress(self, method: Method, url: str) -> tuple[str, Mapping[str, str]]:
        """The address that is asked, and the headers that come along."""
        ...


@dataclass(frozen=True, slots=True)
class Stranger:
    """Nobody in particular."""

    is_known: bool = False

    def dress(self, method: Method, url: str) -> tuple[str, Mapping[str, str]]:
        """Nothing comes along."""
        return url, {}


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the site, with an application password."""

    username: str
    password: str
    is_known: bool = True

    def dress(self, method: Method, url: str) -> tuple[str, Mapping[str, str]]:
        """HTTP Basic."""
        return url, _basic(self.username, self.password)


@dataclass(frozen=True, slots=True)
class Keys:
    """A consumer key and its secret (WooCommerce > Settings > Advanced > REST API)."""

    key: str
    secret: str
    is_known: bool = True

    def dress(self, method: Method, url: str) -> tuple[str, Mapping[str, str]]:
        """HTTP Basic over https, a signed address over http."""
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        # A redirect to the same address elsewhere brings the old signature along.
        query = urlencode([pair for pair in pairs if not pair[0].startswith("oauth_")])
        plain = urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
        if parts.scheme == "https":
            return plain, _basic(self.key, self.secret)
        signer = oauth1.Client(
            self.key,
            client_secret=self.secret,
            signature_method=oauth1.SIGNATURE_HMAC_SHA256,
            signature_type=oauth1.SIGNATURE_TYPE_QUERY,
        )
        signed, _, _ = signer.sign(plain, http_method=method)
        return str(signed), {}

    def explained(self, trouble: AskTheOwner, url: str) -> AskTheOwner:
        """``trouble`` in the words of somebody who gave keys and no password."""
        if not trouble.code.startswith(_CODES):
            return trouble
        if url.startswith("http://"):
            why = (
                "it was deleted, its secret is another one, this server's clock is wrong, or the "
                "shop knows itself by another address than this one (Settings > General)"
            )
        elif trouble.code == "woocommerce_rest_cannot_view":
            why = (
                "it was deleted, its user may not see orders, the web server drops the "
                "Authorization header, or WordPress does not know that it is reached over https "
                "because a proxy in front does not tell it (X-Forwarded-Proto)"
            )
        else:
            why = "its secret is another one, or it has not the permission that this needs"
        return AskTheOwner(
            "needs_permission",
            f"The shop refuses the consumer key: {why}. Make a new one under WooCommerce > "
            "Settings > Advanced > REST API, for an administrator or shop manager.",
            code="keys_refused",
        )


def opens_shop(route: str) -> bool:
    """Whether a route, or a namespace, is one that keys open."""
    return route.startswith(_OF_THE_SHOP)


def without_permalinks() -> AskTheOwner:
    """Keys at a REST root of the form ``?rest_route=``, where WooCommerce does not look at them."""
    return AskTheOwner(
        "needs_permission",
        "WooCommerce looks at its keys only below /wp-json/: choose another structure than "
        "'Plain' under Settings > Permalinks, let /wp-json/ through, or give an application "
        "password.",
        code="keys_refused",
    )


def _basic(username: str, password: str) -> dict[str, str]:
    login = b64encode(f"{username}:{password}".encode()).decode()
    return {"Authorization": f"Basic {login}"}
