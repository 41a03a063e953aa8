"""What becomes of a delivery after an attempt."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.rules.pace import patience
from app.rules.replies.meaning import Reply, Verdict


@dataclass(frozen=True, slots=True)
class Next:
    """The delivery's next state. ``stay``: the relay it must stay on, None when any may do."""

    state: str
    due_at: datetime
    stay: UUID | None = None
    reason: str = ""


def after(
    verdict: Verdict,
    reply: Reply,
    *,
    relay_id: UUID,
    deferrals: int,
    first_tried_at: datetime,
    now: datetime,
    relay_pause: datetime,
    give_up: timedelta,
    at_least_once: bool = False,
    moves_when_blocked: bool = False,
) -> Next:
    """The delivery after an attempt was heard to end as ``verdict``.

    ``deferrals``: how often the recipient's server said "later", this time included; what a relay
    refused does not make the recipient wait longer. ``relay_pause``: until when the relay rests
    after a throttling. ``at_least_once``: what nobody knows is tried again, by the relay that had
    it, once its answer can no longer come. ``moves_when_blocked``: where a destination blocks the
    relay, another one may help in this round.
    """
    words = describe(reply)
    over = patience.is_over(first_tried_at, now, give_up)
    match verdict.outcome:
        case "accepted":
            return Next("sent", now)
        case "unknown" if at_least_once and not over:
            return Next("queued", now + patience.FOR_ANSWER, relay_id, words)
        case "bounced" | "rejected" | "unknown":
            return Next(verdict.outcome, now, reason=words)
        case "throttled" if verdict.quota or verdict.logins:
            return Next("queued", now, reason=words)
        case "throttled" if verdict.whom == "relay":
            return Next("queued", relay_pause, stay=relay_id, reason=words)
        case _ if over:
            return Next("failed", now, reason=f"given up after {_spell(give_up)}: {words}")
        case "deferred" | "throttled":
            wait = patience.for_recipient(deferrals, reply.text)
            return Next("queued", now + wait, relay_id, words)
        case "blocked" if not moves_when_blocked:
            return Next("queued", now + patience.FOR_BLOCK, relay_id, words)
        case _:
            return Next("queued", now, reason=words)


def describe(reply: Reply) -> str:
    """A reply in one line: ``rcpt_to: 550 5.1.1 user unknown``."""
    code = "" if reply.code is None else f"{reply.code} "
    return f"{reply.phase}: {code}{reply.text}"[:500]


def _spell(time: timedelta) -> str:
    return f"{time.total_seconds() / 3600:g} hours"
