"""Return paths that name the attempt: what comes back says by itself which mail it is about."""

import hmac
import re
from base64 import b32encode
from collections.abc import Sequence
from hashlib import blake2b

from app.rules import email_address

#: What the key is for, as the vault is asked for it.
PURPOSE = "return path"

#: Where the token stands in a return path.
PLACE = "{token}"

#: A local part may have 64 characters (RFC 5321); an attempt's number needs 12 at most.
_LONGEST_LOCAL = 64
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_TOKEN = re.compile(r"(?<![0-9a-z])(0|[1-9a-z][0-9a-z]{0,11})-([a-z2-7]{16})(?![0-9a-z])")
_LONGEST_TOKEN = 12 + 1 + 16


def token(key: bytes, attempt: int) -> str:
    """At most 29 characters of an address, in which upper and lower case are the same.

    ``key`` is 32 secret bytes: nobody else can make one, so nobody can report what we never sent.
    """
    number = _base36(attempt)
    return f"{number}-{_mac(key, number)}"


def address(path: str, key: bytes, attempt: int) -> str:
    """The envelope's sender of one attempt."""
    return path.replace(PLACE, token(key, attempt))


def attempts_in(text: str, keys: Sequence[bytes]) -> list[int]:
    """The attempts whose tokens, made with any of ``keys``, stand in ``text``; each one once."""
    found = []
    for number, mac in _TOKEN.findall(text.lower()):
        if any(hmac.compare_digest(mac, _mac(key, number)) for key in keys):
            found.append(int(number, 36))
    return list(dict.fromkeys(found))


def mistake(path: str) -> str:
    """Why this cannot be a return path, in a sentence; "" when it can."""
    local, _, domain = path.rpartition("@")
    if local.count(PLACE) != 1 or PLACE in domain:
        return f"Must hold {PLACE} once, before the @, as in bounces+{PLACE}@bounces.example.com."
    longest = local.replace(PLACE, "z" * _LONGEST_TOKEN)
    if len(longest) > _LONGEST_LOCAL:
        room = _LONGEST_LOCAL - _LONGEST_TOKEN
        return f"Too long before the @: apart from {PLACE} there is room for {room} characters."
    before, _, after = local.partition(PLACE)
    if before[-1:].isalnum() or after[:1].isalnum():
        return f"{PLACE} must be set off by a sign, such as + or -, as in bounces+{PLACE}."
    if not longest.isascii() or email_address.parse(f"{longest}@{domain}") is None:
        return "Must be an e-mail address that mail can come back to."
    return ""


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, last = divmod(number, 36)
        digits = _DIGITS[last] + digits
    return digits or "0"


def _mac(key: bytes, number: str) -> str:
    raw = blake2b(number.encode(), digest_size=10, key=key, person=b"return path").digest()
    return b32encode(raw).decode().lower()
