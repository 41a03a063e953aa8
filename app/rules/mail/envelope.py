"""The envelope's sender at a relay: its own address, or a return path that names the attempt."""

import re
from typing import Literal

from app.rules.replies import meaning
from app.rules.replies.meaning import Reply

#: own: no return path is set. unproved: no accepted test mail has shown yet that the relay takes
#: it. in_use. refused: the relay refused it once.
State = Literal["own", "unproved", "in_use", "refused"]

_ABOUT_THE_LINE = (421, 500, 502, 503, 504, 530, 534, 535, 538)
_ABOUT_THE_ENVELOPE = re.compile(
    r"sender|return.?path|envelope|mail from|\bspf\b|5\.1\.[78]\b|4\.1\.[78]\b", re.IGNORECASE
)


def state(path: str, learned: str) -> State:
    """How it stands with a relay's return path; ``learned``: "", in_use or refused."""
    if not path:
        return "own"
    return "in_use" if learned == "in_use" else "refused" if learned == "refused" else "unproved"


def is_refused(reply: Reply) -> bool:
    """Whether an answer to a mail with a return path may be about that path.

    A mistake here costs the path, not the mail: it goes out again with the relay's own address.
    """
    if reply.code is None or not 400 <= reply.code < 600 or reply.code in _ABOUT_THE_LINE:
        return False
    if reply.phase not in ("mail_from", "rcpt_to", "data", "final_dot"):
        return False
    verdict = meaning.classify(reply).outcome
    if verdict == "throttled":
        return False
    if reply.phase == "mail_from" and reply.code >= 500:
        return True
    return verdict == "unauthorized" or (
        verdict in ("refused", "bounced", "deferred")
        and _ABOUT_THE_ENVELOPE.search(reply.text) is not None
    )
