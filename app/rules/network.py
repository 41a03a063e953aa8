"""Which addresses this server talks to, and what the address of a site is."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

#: IPv6 addresses that a gateway turns into the IPv4 address in their last four bytes (RFC 6052).
_NAT64 = ip_network("64:ff9b::/96")
_NOT_THE_SITE = re.compile(r"/(wp-admin|wp-login\.php|wp-json|xmlrpc\.php|index\.php)(/.*)?$")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


def is_private(ip: str) -> bool:
    """Whether ``ip`` belongs to this machine or to a network that is not the public one."""
    address = _real(ip)
    return not address.is_global or address.is_multicast


def may_connect(ip: str, *, allow_private: bool) -> bool:
    """Whether a connection to ``ip`` may be used.

    Link-local addresses (a cloud's metadata lives there), multicast and reserved ones never.
    """
    address = _real(ip)
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    if address.is_reserved and not address.is_loopback:
        return False
    return allow_private or not is_private(ip)


def may_speak_plainly(ip: str, *, allow_http: bool) -> bool:
    """Whether a password may travel to ``ip`` over plain http."""
    return allow_http or is_private(ip)


def _real(ip: str) -> IPv4Address | IPv6Address:
    """The address that is really reached: what is wrapped in an IPv6 address comes out."""
    address = ip_address(ip.partition("%")[0])
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)


class BadUrl(Exception):
    """Not the address of a site; ``sentence`` says what is wrong with it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def site_url(text: str) -> str:
    """What somebody typed or pasted -> the address of a site, always written the same way.

    ``Example.com/wp-admin/`` -> ``https://example.com``. Without a scheme it is https, for this
    machine http. Raises BadUrl.
    """
    text = text.strip()
    if not text or any(c.isspace() or not c.isprintable() for c in text) or "\\" in text:
        raise BadUrl("must be the address of a site, such as https://example.com")
    if "://" not in text:
        text = f"//{text}"
    parts = _split(text)
    host = _host(parts.hostname or "")
    scheme = parts.scheme or ("http" if _is_here(host) else "https")
    if scheme not in ("http", "https"):
        raise BadUrl(f"must start with https:// or http://, not {scheme}://")
    if parts.username is not None or parts.password is not None:
        raise BadUrl("must not hold a user name or a password: they have fields of their own")
    port = "" if parts.port in (None, {"http": 80, "https": 443}[scheme]) else f":{parts.port}"
    path = re.sub("/{2,}", "/", parts.path)
    return f"{scheme}://{host}{port}{_NOT_THE_SITE.sub('', path).rstrip('/')}"


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        if parts.port == 0:
            raise ValueError
    except ValueError:
        raise BadUrl(
            "is not a valid address: its port must be between 1 and 65535, its host a name "
            "or an IP address"
        ) from None
    return parts


def _host(name: str) -> str:
    """The host in A-labels and lower case; an IPv6 address in brackets."""
    if ":" in name:
        return f"[{ip_address(name).compressed}]"
    try:
        host = name.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        host = ""
    if not host or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise BadUrl("has no valid host name: it should look like https://example.com")
    return host


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_private
    except ValueError:
        return False
