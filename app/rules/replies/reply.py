"""What a relay answers, and what an answer can mean: whom it is about, and what happens next."""

from dataclasses import dataclass
from typing import Literal

#: Where in a conversation a reply was heard, in order.
PHASES = (
    "dns",
    "connect",
    "greeting",
    "ehlo",
    "starttls",
    "auth",
    "mail_from",
    "rcpt_to",
    "data",
    "final_dot",
)
#: Answers that are no part of a conversation: of an HTTP API, and what is told of the next hop.
ELSEWHERE = ("http", "event")

Outcome = Literal[
    "accepted",
    "throttled",
    "deferred",
    "bounced",
    "rejected",
    "refused",
    "blocked",
    "unauthorized",
    "unknown",
]
Whom = Literal["relay", "sender", "recipient", "destination", "content"]

#: Whom an outcome may be about; the first is meant when nothing is said.
ABOUT: dict[Outcome, tuple[Whom, ...]] = {
    "refused": ("relay",),
    "throttled": ("relay", "destination"),
    "deferred": ("recipient", "destination"),
    "bounced": ("recipient",),
    "rejected": ("content", "recipient"),
    "blocked": ("destination",),
    "unauthorized": ("sender",),
    "accepted": ("relay",),
    "unknown": ("relay",),
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What was heard, also when it was silence.

    ``phase``: one of PHASES or ELSEWHERE: what the reply answers. ``code``: the SMTP (or HTTP)
    code, None when the line was lost, refused or timed out instead. ``text``: the server's words
    without codes, or ours about the silence.
    """

    phase: str
    code: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reply means.

    ``quota``: a throttling that lasts for hours: other relays may help. ``logins``: too many
    log in: leave the relay alone for minutes. ``suppress``: the reason for which the address is
    never written to again, or "". ``soft``: of a bounce that suppresses nothing yet, its kind (see
    ``soft_bounces``). ``about``: whom it is about, "": whom the outcome usually is.
    """

    outcome: Outcome
    quota: bool = False
    logins: bool = False
    suppress: str = ""
    about: Whom | Literal[""] = ""
    soft: str = ""

    @property
    def whom(self) -> Whom:
        """Whom it is about."""
        return self.about or ABOUT[self.outcome][0]


ACCEPTED = Verdict("accepted")
REFUSED = Verdict("refused")
THROTTLED = Verdict("throttled")
QUOTA = Verdict("throttled", quota=True)
LOGINS = Verdict("throttled", logins=True)
DEFERRED = Verdict("deferred")
#: The recipient's provider bears no more from this relay for now.
SLOWED = Verdict("deferred", about="destination")
BOUNCED = Verdict("bounced", suppress="bounced")
INVALID = Verdict("bounced", suppress="invalid")
#: This time it came back; the address may still be good: its mailbox is full,
FULL = Verdict("bounced", soft="full")
#: or nobody knows what the words mean.
UNDETERMINED = Verdict("bounced", soft="undetermined")
REJECTED = Verdict("rejected")
#: Not wanted by this one recipient; others get it.
UNWANTED = Verdict("rejected", about="recipient")
BLOCKED = Verdict("blocked")
UNAUTHORIZED = Verdict("unauthorized")
UNKNOWN = Verdict("unknown")
