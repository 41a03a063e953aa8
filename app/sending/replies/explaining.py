"""What all rules say about an answer, without sending anything."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.rules.replies.meaning import RULES, Outcome, Reply, Verdict, is_undisputed
from app.rules.replies.reply import REFUSED
from app.sending.models import Relay
from app.sending.replies.judging import Judge, own_rule, service_rules

_QUOTA = "The relay rests until its quota is new; with failover the next relay is asked."
_THEN: dict[Outcome, str] = {
    "accepted": "It is sent.",
    "throttled": "The relay rests, its rate is halved; the mail waits for it.",
    "deferred": "The mail waits and goes through the same relay again.",
    "bounced": "The mail has come back; no other relay is asked.",
    "rejected": "The mail is not sent; no other relay is asked.",
    "refused": "It counts against the relay; with failover the next relay is asked.",
    "blocked": "Transactional mail moves to the next relay; other mail waits for an hour.",
    "unauthorized": "A relay that may send with this sender is asked, else the campaign pauses.",
    "unknown": "Nobody can know whether it went: it is listed as unknown.",
}


@dataclass(frozen=True, slots=True)
class Fitting:
    """A rule that speaks about an answer. ``source``: ``own``, ``service``, ``everywhere``, or
    ``rest`` where the words are not known; ``id`` is that of an own rule.
    """

    name: str
    source: str
    id: UUID | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an answer means: the first of the rules that ``fit`` decides."""

    verdict: Verdict
    known: bool
    then: str
    fit: list[Fitting]


def explain(session: Session, workspace_id: UUID, reply: Reply, relay: Relay | None) -> Meaning:
    """What ``reply`` means when this relay says it; None: any relay."""
    settled = is_undisputed(reply)
    fit = [] if settled else list(_fitting(session, workspace_id, reply, relay))
    verdict = settled or (fit[0].verdict if fit else REFUSED)
    known = settled is not None or not fit or fit[0].source != "rest"
    then = _QUOTA if verdict.quota else _THEN[verdict.outcome]
    if verdict.suppress:
        then += " The address is never written to again."
    if verdict.whom == "destination":
        then += " For a while less goes to that destination through this relay."
    return Meaning(verdict, known, then, fit)


def _fitting(
    session: Session, workspace_id: UUID, reply: Reply, relay: Relay | None
) -> Iterator[Fitting]:
    for row in Judge(session).asked(relay, workspace_id):
        own = own_rule(row)
        if own.fits(reply):
            yield Fitting(row.name, "own", row.id, own.verdict)
    for rule in service_rules(relay):
        if rule.fits(reply):
            yield Fitting(rule.name, "service", None, rule.verdict)
    for rule in RULES:
        if rule.fits(reply):
            yield Fitting(rule.name, "everywhere" if rule.known else "rest", None, rule.verdict)
