"""Which relay is a mail's primary, and why: pin, turn, rule, type, or a default."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from app.rules.routing.chain import Candidate

#: What a campaign can be. It is said, never inferred from who launches it.
MAIL_TYPES = (
    "newsletter",
    "segment_triggered",
    "event_triggered",
    "api_triggered",
    "transactional",
)
#: The relay that serves ALL is the workspace's default; NONE is served by many.
ALL, NONE = "all", "none"
#: What a relay can serve.
SERVED = (ALL, *MAIL_TYPES, NONE)

By = Literal["pin", "rotation", "rule", "mail_type", "user", "default"]


@dataclass(frozen=True, slots=True)
class Wish:
    """One way of choosing a primary, and the relay it names, if any.

    ``binding``: it is obeyed even when that relay is gone, because a person said so for this
    very mail; failover or a person has to help then. ``says``: why, where that is special.
    """

    by: By
    relay_id: UUID | None
    binding: bool = False
    says: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What came of a wish: whether it was ``taken``, and in words why (not)."""

    by: By
    relay_id: UUID | None
    taken: bool
    why: str


def choose(
    wishes: Sequence[Wish], known: Mapping[UUID, Candidate], default: UUID | None
) -> tuple[UUID | None, list[Step]]:
    """The relay of the first wish that can be granted, and how that came about.

    A wish that does not bind passes over a relay that is gone, is disabled, or is excluded from
    failover without being the workspace's default.
    """
    steps: list[Step] = []
    for wish in wishes:
        why = _why_not(wish, known, default)
        steps.append(Step(wish.by, wish.relay_id, not why, why or wish.says or _TAKEN[wish.by]))
        if not why:
            return wish.relay_id, steps
    return None, steps


_TAKEN: Mapping[By, str] = {
    "pin": "the mail is pinned to it",
    "rotation": "it is its turn in the campaign's pool",
    "rule": "a routing rule leads there",
    "mail_type": "it serves mails of this type",
    "user": "it is the default of the sending user",
    "default": "it is the default of the workspace",
}
_NOBODY: Mapping[By, str] = {
    "pin": "the mail is not pinned",
    "rotation": "the campaign does not rotate",
    "rule": "no routing rule holds",
    "mail_type": "no relay serves this type alone",
    "user": "the sending user has no default",
    "default": "there is no default relay",
}


def _why_not(wish: Wish, known: Mapping[UUID, Candidate], default: UUID | None) -> str:
    if wish.relay_id is None:
        return _NOBODY[wish.by]
    if wish.binding:
        return ""
    relay = known.get(wish.relay_id)
    if relay is None:
        return "it was removed"
    if not relay.enabled:
        return "it is disabled"
    if relay.excluded and wish.by in ("rule", "mail_type") and relay.relay_id != default:
        return "it is excluded from failover: only a pin or a default may choose it"
    return ""
