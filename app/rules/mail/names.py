"""Under which names a relay may send: single addresses, or all of a domain."""

from collections.abc import Collection

from app.rules import email_address


def spelled(given: str) -> str:
    """An address, or ``@domain``, in the one spelling in which two can be compared; else ""."""
    if given.startswith("@"):
        parsed = email_address.parse(f"x{given}")
        return f"@{parsed.domain}" if parsed else ""
    parsed = email_address.parse(given)
    return parsed.address if parsed else ""


def covers(known: Collection[str], address: str) -> bool:
    """Whether ``address`` is among ``known``, itself or by its domain; all in one spelling."""
    return address in known or f"@{address.rpartition('@')[2]}" in known
