"""Which relay a mail would take now, and why: routing, asked without sending."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.rules.routing.chain import Candidate, Decision, Halt, Send, Wait
from app.rules.routing.primary import Step
from app.sending.models import Relay
from app.sending.routing import fleet
from app.sending.routing.fleet import Mail


@dataclass(frozen=True, slots=True)
class Asked:
    """A relay that may be asked, in its place; ``why`` it would not take a mail now, if so."""

    relay_id: UUID
    name: str
    free: bool
    why: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """``decision``: send, wait or halt (a person must mend something). ``relay_id``: who would
    carry it now; ``primary_id``: who is asked first; ``steps``: how that one was chosen.
    """

    decision: str
    relay_id: UUID | None
    primary_id: UUID | None
    why: str
    until: datetime | None
    steps: Sequence[Step]
    chain: Sequence[Asked]


def explain(
    session: Session,
    workspace_id: UUID,
    mail: Mail,
    *,
    zone: str,
    share: UUID | None = None,
    personal: Mapping[str, Sequence[str]] | None = None,
    stay: UUID | None = None,
    tried: frozenset[UUID] = frozenset(),
    kept: bool = False,
    now: datetime,
) -> Explanation:
    """What routing would do with a mail at this moment. ``share``: whose turn it is;
    ``personal``: what rules may know of the recipient; ``stay``: the relay it waits for;
    ``tried``: those that refused it in this round; ``kept``: some of every limit is kept for
    messages, and a campaign asks.
    """
    ships = fleet.gather(session, workspace_id, zone, lambda _: 1, kept=kept, now=now)
    first, steps = ships.primary(mail, share, personal)
    word, carrier, why, until = _told(ships.decide(mail, first, stay=stay, tried=tried))
    chain = [
        _asked(one, ships.relays[one.relay_id], one.relay_id in tried)
        for one in ships.chain(mail, first)
    ]
    if all(ships.relays[one.relay_id].paused_at is not None for one in chain):
        until = None
    return Explanation(word, carrier, first, why or _reason(steps), until, steps, chain)


def _told(decision: Decision) -> tuple[str, UUID | None, str, datetime | None]:
    match decision:
        case Send(relay_id):
            return "send", relay_id, "", None
        case Wait(until, why):
            return "wait", None, why, until
        case Halt(why):
            return "halt", None, why, None
        case _:
            return "wait", None, "every relay was asked", None


def _reason(steps: Sequence[Step]) -> str:
    return next((step.why for step in steps if step.taken), "")


def _asked(one: Candidate, relay: Relay, refused: bool) -> Asked:
    if refused:
        return Asked(relay.id, relay.name, False, "it refused this mail in this round", None)
    until = one.at if one.room <= 0 and relay.paused_at is None else None  # a person ends a pause
    return Asked(relay.id, relay.name, one.room > 0, one.why, until)
