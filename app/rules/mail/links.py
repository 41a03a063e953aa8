"""Links in mail that act for one contact: opaque, not guessable, valid for ever."""

import hmac
from base64 import urlsafe_b64decode
from binascii import Error, b2a_base64
from functools import lru_cache
from hashlib import blake2b
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

_MAC = 12
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_TOKEN_LENGTH = (16 + 8 + _MAC) * 4 // 3


def unsubscribe_token(key: bytes, contact_id: UUID, delivery_id: int) -> str:
    """48 URL-safe characters that name a contact and the delivery that carried the link.

    ``key`` is 32 secret bytes. ``delivery_id`` 0: no delivery, the link came another way.
    """
    named = contact_id.bytes + delivery_id.to_bytes(8, "big")
    raw = named + _mac(key, named)
    return b2a_base64(raw, newline=False).translate(_URL_SAFE).decode()


def read_unsubscribe_token(key: bytes, token: str) -> tuple[UUID, int] | None:
    """The contact and the delivery in ``token``, or None when this key did not make it."""
    if len(token) != _TOKEN_LENGTH or not token.isascii():
        return None
    try:
        raw = urlsafe_b64decode(token)
    except (Error, ValueError):
        return None
    named, mac = raw[:24], raw[24:]
    if not hmac.compare_digest(mac, _mac(key, named)):
        return None
    return UUID(bytes=named[:16]), int.from_bytes(named[16:], "big")


def _mac(key: bytes, named: bytes) -> bytes:
    mac = _keyed(key).copy()
    mac.update(named)
    return mac.digest()


@lru_cache(maxsize=8)
def _keyed(key: bytes) -> blake2b:
    return blake2b(digest_size=_MAC, key=key, person=b"unsubscribe")


def is_fit_for_mail(base_url: str) -> bool:
    """Whether one-click unsubscribe works there: https, or http on this very machine."""
    parts = urlsplit(base_url)
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False
