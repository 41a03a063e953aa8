"""Whether what was posted comes from who shares a secret with us, and comes in time."""

import re
from datetime import datetime

from app.rules.signing import PATIENCE, moment_of

HEADER = "Pressferry-Signature"
_FORM = re.compile(r"t=[0-9]{1,12},v1=[0-9a-f]{64}")


def objection(secret: str, given: str, body: bytes, now: datetime) -> str:
    """Why a post is not believed, "" when it is. ``given``: the value of the header."""
    if not _FORM.fullmatch(given):
        return (
            f"Sign the post: {HEADER}: t=<Unix seconds>,v1=<hex of HMAC-SHA256, with the secret, "
            "over '<Unix seconds>.' and the body>."
        )
    moment = moment_of(given, secret, body)
    if moment is None:
        return "The signature is not the one of this body with the secret of this webhook."
    if abs(now.timestamp() - moment) > PATIENCE:
        return f"The signature is of another time: at most {PATIENCE} seconds from now."
    return ""
