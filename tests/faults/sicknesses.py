"""What goes wrong, by name: the rows of the matrix."""

from dataclasses import dataclass, field
from typing import Any

from tests.faults.relay import Sickness

#: Where nobody can know, and how that is said on the page.
CUT = "the message whose reply was cut"
FLIGHT = "what was on the wire at the kill"


@dataclass(frozen=True)
class Fault:
    """A row. ``sickness``: what the first relay does; ``relay``: how its row differs; ``doubt``:
    whose fate nobody can know, "" where everything can be known; ``silent``: it plays dead.
    """

    name: str
    sickness: Sickness | None = None
    relay: dict[str, Any] = field(default_factory=dict)
    doubt: str = ""
    silent: bool = False


def _number(recipient: str) -> int:
    return int(recipient.partition("@")[0].removeprefix("p"))


def _always(at: str, act: str) -> Sickness:
    return lambda phase, nth, to: act if phase == at else None


def _every(step: int, at: str, act: str) -> Sickness:
    """Always the same recipients."""
    return lambda phase, nth, to: act if phase == at and _number(to) % step == 0 else None


def _nth(step: int, at: str, act: str) -> Sickness:
    return lambda phase, nth, to: act if phase == at and nth % step == step - 1 else None


def _first(count: int, at: str, act: str) -> Sickness:
    return lambda phase, nth, to: act if phase == at and nth < count else None


_BOUNCE = "550 5.1.1 user unknown"
_LATER = "451 4.3.0 local error"
_NEVER = "554 5.3.0 no"

#: Played by the first relay until it is mended; the second one is always well.
PLAYED = (
    Fault("TLS handshake fails", _always("starttls", "garbage"), {"encryption": "tls"}),
    Fault("STARTTLS refused", relay={"encryption": "tls"}),
    Fault("AUTH refused", _always("auth", "535 5.7.8 no"), {"username": "u", "secret": "s"}),
    Fault("421 at the greeting", _always("greeting", "421 4.3.2 not now")),
    Fault("421 in mid-session", _nth(4, "mail_from", "421 4.3.2 closing")),
    Fault("421 at the dot", _nth(3, "final_dot", "421 4.3.2 closing")),
    Fault("4xx at the greeting", _always("greeting", _LATER)),
    Fault("5xx at the greeting", _always("greeting", _NEVER)),
    Fault("4xx to EHLO", _always("ehlo", _LATER)),
    Fault("5xx to EHLO", _always("ehlo", _NEVER)),
    Fault("4xx to MAIL", _nth(3, "mail_from", _LATER)),
    Fault("5xx to MAIL", _nth(3, "mail_from", _NEVER)),
    Fault("4xx to RCPT", _every(3, "rcpt_to", "450 4.2.1 try again")),
    Fault("5xx to RCPT", _every(3, "rcpt_to", _BOUNCE)),
    Fault("4xx to DATA", _every(3, "data", _LATER)),
    # Seldom: a campaign of which more than a few are rejected is paused.
    Fault("5xx to DATA", _every(20, "data", _NEVER)),
    Fault("4xx at the dot", _every(3, "final_dot", _LATER)),
    Fault("5xx at the dot", _every(20, "final_dot", _NEVER)),
    Fault("dropped at MAIL", _nth(4, "mail_from", "drop")),
    Fault("dropped at RCPT", _nth(4, "rcpt_to", "drop")),
    Fault("dropped at DATA", _nth(4, "data", "drop")),
    Fault("dropped after the dot, taken", _nth(5, "final_dot", "take, then drop"), doubt=CUT),
    Fault("dropped after the dot, not taken", _nth(5, "final_dot", "drop"), doubt=CUT),
    Fault("slow replies", _nth(4, "final_dot", "slow")),
    Fault(
        "no reply in time, taken", _nth(8, "final_dot", "take, then stall"), doubt=CUT, silent=True
    ),
    Fault("half-open TCP: no greeting", _first(3, "greeting", "stall"), silent=True),
    Fault("half-open TCP in mid-session", _nth(8, "mail_from", "stall"), silent=True),
    Fault("454 throttling", _first(8, "final_dot", "454 Throttling failure: Maximum sending rate")),
    Fault("250 for all but every tenth", _every(10, "rcpt_to", _BOUNCE)),
)
#: Those of them after which a mail goes back to the same relay, or may not: one of each kind.
_WAITED_OUT = (
    "421 at the dot",
    "4xx to RCPT",
    "4xx at the dot",
    "dropped at DATA",
    "dropped after the dot, taken",
    "454 throttling",
    "250 for all but every tenth",
)
WAITED_OUT = tuple(one for one in PLAYED if one.name in _WAITED_OUT)
#: Not ill, but no faster than relays are.
BRIEF = _always("final_dot", "brief")
#: Played upon the sender, its machine or its database.
REFUSED = Fault("connection refused")
KILLED = Fault("kill -9 of the sender, 20 times", doubt=FLIGHT)
KILLED_ONE = Fault("kill -9 of one of two senders, 20 times", doubt=FLIGHT)
RESTART = Fault("PostgreSQL restart")
DISK_FULL = Fault("disk full under the journal")
TORN = Fault("disk full in mid-line of the journal")
DATABASE_FULL = Fault("disk full under SQLite")
TABLES_FULL = Fault("disk full under PostgreSQL")
LOG_FULL = Fault("disk full under PostgreSQL's log")
FORWARD = Fault("clock jumps two days ahead")
BACK = Fault("clock jumps two days back")
FAULTS = (
    *PLAYED,
    REFUSED,
    KILLED,
    KILLED_ONE,
    RESTART,
    DISK_FULL,
    TORN,
    DATABASE_FULL,
    TABLES_FULL,
    LOG_FULL,
    FORWARD,
    BACK,
)
