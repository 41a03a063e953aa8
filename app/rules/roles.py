"""What a role in a workspace may do at most."""

from collections.abc import Iterable

_READ, _WRITE, _SEND, _SETTINGS = "read", "write", "send", "settings"

_SCOPES = {
    "owner": (_READ, _WRITE, _SEND, _SETTINGS),
    "admin": (_READ, _WRITE, _SEND, _SETTINGS),
    "member": (_READ, _WRITE, _SEND),
    "viewer": (_READ,),
}


def scopes(role: str, given: Iterable[str] | None = None) -> frozenset[str]:
    """The scopes of ``role``; of those in ``given`` only the ones that the role allows."""
    allowed = frozenset(_SCOPES.get(role, ()))
    return allowed if given is None else allowed & frozenset(given)
