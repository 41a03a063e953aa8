"""Passwords are kept as argon2id hashes, and compared with them."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: The library's defaults follow RFC 9106.
HASHER = PasswordHasher()
SHORTEST = 12


def hash_password(password: str) -> str:
    """What is kept of a password."""
    return HASHER.hash(password)


def is_right(password: str, kept: str) -> bool:
    """Whether ``password`` is the one that ``kept`` was made of; never for "" (no password)."""
    try:
        return bool(kept) and HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
