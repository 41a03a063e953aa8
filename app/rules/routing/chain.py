"""Which relay a delivery takes: its primary, or the next in the chain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.rules.mail import names

#: Kinds of mail whose reputations are kept apart.
STREAMS = ("transactional", "marketing", "outreach")


@dataclass(slots=True)
class Candidate:
    """A relay as routing sees it at one moment.

    ``room``: how many messages it takes now; whoever plans one for it counts it down. When 0,
    ``at`` is when to ask again. ``away`` says that it is down or has used up its quota, so that
    the next in the chain may help; a relay that is merely busy is waited for. ``sender``: the
    address it sends as; ``verified``: under which names it may send, too; ``stream``: what kind
    of mail it is kept for.
    """

    relay_id: UUID
    priority: int
    excluded: bool
    enabled: bool
    room: int
    at: datetime | None = None
    away: bool = False
    why: str = ""
    sender: str = ""
    stream: str = ""
    verified: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Terms:
    """Who may help when the primary is away.

    ``backup``: this relay alone, None: the whole chain. ``sender``: only relays that send as
    this address, "": any; with ``verified`` also those that may. ``shunned``: no relay of this
    stream, "": any.
    """

    backup: UUID | None = None
    sender: str = ""
    shunned: str = ""
    verified: bool = False

    def allow(self, one: Candidate) -> bool:
        """Whether this relay may carry on for another one."""
        if not one.enabled or one.excluded:
            return False
        if self.backup is not None and one.relay_id != self.backup:
            return False
        if self.shunned and one.stream == self.shunned:
            return False
        if not self.sender or one.sender == self.sender:
            return True
        return self.verified and names.covers(one.verified, self.sender)


ANYBODY = Terms()


@dataclass(frozen=True, slots=True)
class Send:
    """Take this relay."""

    relay_id: UUID


@dataclass(frozen=True, slots=True)
class Wait:
    """No relay is free: ask again then, None when nobody knows (something must be mended)."""

    until: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class RoundOver:
    """Every relay that may be asked was asked in this round."""


@dataclass(frozen=True, slots=True)
class Halt:
    """The primary is gone and no other relay may be used: a person must decide."""

    why: str


Decision = Send | Wait | RoundOver | Halt


def chain(
    primary: UUID | None,
    candidates: Sequence[Candidate],
    *,
    failover: bool,
    terms: Terms = ANYBODY,
) -> list[Candidate]:
    """The relays that may be asked, in order: the primary, then by (priority, id) those that are
    enabled, not excluded from failover, and within the ``terms``.
    """
    first = [one for one in candidates if one.relay_id == primary and one.enabled]
    if not failover:
        return first
    rest = [one for one in candidates if one.relay_id != primary and terms.allow(one)]
    return first + sorted(rest, key=lambda one: (one.priority, one.relay_id))


def choose(
    primary: UUID | None,
    candidates: Sequence[Candidate],
    *,
    failover: bool,
    tried: frozenset[UUID] = frozenset(),
    terms: Terms = ANYBODY,
) -> Decision:
    """The relay for a delivery whose ``primary`` is what ``primary.choose`` says, or the relay it
    must stay on. ``tried``: the relays that refused it in this round.
    """
    allowed = chain(primary, candidates, failover=failover, terms=terms)
    if not allowed:
        return Halt("its relay was removed or disabled and failover offers no other")
    untried = [one for one in allowed if one.relay_id not in tried]
    if not untried:
        return RoundOver()
    for one in untried:
        if one.room > 0:
            return Send(one.relay_id)
        if not one.away:
            return Wait(one.at, one.why)
    return _soonest(untried)


def _soonest(waiting: Sequence[Candidate]) -> Wait:
    known = [(one.at, one.why) for one in waiting if one.at is not None]
    return Wait(*min(known)) if known else Wait(None, waiting[0].why)
