"""How a body proves who sent it: HMAC-SHA256 over the moment and the body, with a shared secret."""

import hashlib
import hmac
import re
from uuid import UUID

#: Seconds that the clocks of the two may differ, and that a signature may be on its way.
PATIENCE = 300
_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=[0-9a-f]{64}")
_KEY = re.compile(r"pfa_([0-9a-f]{32})_([A-Za-z0-9_-]{16,100})")


def signature(secret: str, moment: int, body: bytes) -> str:
    """The value of the header ``Pressferry-Signature``; ``moment`` in Unix seconds."""
    signed = str(moment).encode() + b"." + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def moment_of(given: str, secret: str, body: bytes) -> int | None:
    """When ``body`` was signed with ``secret``; None when it was not."""
    found = _SIGNATURE.fullmatch(given)
    moment = int(found[1]) if found else 0
    is_right = hmac.compare_digest(signature(secret, moment, body), given if found else "")
    return moment if is_right else None


def agent_key(agent_id: UUID, secret: str) -> str:
    """The key of a sync agent as a person copies it."""
    return f"pfa_{agent_id.hex}_{secret}"


def agent_key_parts(text: str) -> tuple[UUID, str] | None:
    """The agent's id and its secret; None when ``text`` is no key of an agent."""
    found = _KEY.fullmatch(text.strip())
    return (UUID(hex=found[1]), found[2]) if found else None
