"""Whether what was posted comes from who shares a secret with us, and comes in time."""

import hmac
import re
from datetime import datetime

from app.rules.alerting import signature

HEADER = "Pressferry-Signature"
#: Seconds that the clocks of the two may differ, and that a post may be on its way.
PATIENCE = 300
_FORM = re.compile(r"t=([0-9]{1,12}),v1=[0-9a-f]{64}")


def objection(secret: str, given: str, body: bytes, now: datetime) -> str:
    """Why a post is not believed, "" when it is. ``given``: the value of the header."""
    found = _FORM.fullmatch(given)
    if found is None:
        return (
            f"Sign the post: {HEADER}: t=<Unix seconds>,v1=<hex of HMAC-SHA256, with the secret, "
            "over '<Unix seconds>.' and the body>."
        )
    moment = int(found[1])
    if not hmac.compare_digest(signature(secret, moment, body), given):
        return "The signature is not the one of this body with the secret of this webhook."
    if abs(now.timestamp() - moment) > PATIENCE:
        return f"The signature is of another time: at most {PATIENCE} seconds from now."
    return ""
