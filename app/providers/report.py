"""What came of asking a relay: each step, what the server offers, and how to mend what failed."""

from dataclasses import dataclass, field
from datetime import datetime

from app.rules.replies.meaning import Reply


@dataclass(frozen=True, slots=True)
class Fault:
    """Where it ended, in the server's words, and what to do about it."""

    phase: str
    code: int | None
    text: str
    mend: str


@dataclass(frozen=True, slots=True)
class StepTaken:
    """One step: what was heard, how many milliseconds it took."""

    phase: str
    code: int | None
    text: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """Whom the server's certificate names, who signed it, and until when it is good."""

    subject: str
    issuer: str
    expires_at: datetime | None
    tls: str
    cipher: str


@dataclass(frozen=True, slots=True)
class Offers:
    """What the server advertises after login."""

    pipelining: bool
    size: int | None
    eight_bit_mime: bool
    smtputf8: bool
    auth: tuple[str, ...]
    extensions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Whether a relay answers and takes the login."""

    steps: tuple[StepTaken, ...]
    offers: Offers | None = None
    certificate: Certificate | None = None
    fault: Fault | None = None

    @property
    def ok(self) -> bool:
        """Whether everything went well."""
        return self.fault is None


@dataclass(frozen=True, slots=True)
class SendReport:
    """What became of one mail; ``log`` is the conversation, without any secret."""

    reply: Reply
    log: tuple[str, ...] = field(default=())
    fault: Fault | None = None

    @property
    def ok(self) -> bool:
        """Whether the relay took it."""
        return self.fault is None
