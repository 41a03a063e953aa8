"""Ids that are opaque and sort by time (UUIDv7, RFC 9562 5.7)."""

import os
from uuid import UUID

from app import clock

#: Version 7 and variant 2; the bits beside them are chance.
_VERSION = 0x7 << 76 | 0x2 << 62
_CHANCE = (1 << 80) - 1 & ~(0xF << 76) & ~(0x3 << 62)


def new_id() -> UUID:
    """A fresh UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = int(clock.now().timestamp() * 1000)
    chance = int.from_bytes(os.urandom(10), "big") & _CHANCE
    return UUID(int=milliseconds << 80 | chance | _VERSION)
