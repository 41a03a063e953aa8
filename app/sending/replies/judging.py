"""Says what replies mean, by the rules of this moment, and keeps words that no rule knows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.providers import presets
from app.rules.replies import masking, meaning, own_replies
from app.rules.replies.meaning import Judgement, Reply, Verdict
from app.rules.replies.rule import OwnRule, Rule
from app.sending.models import Relay, ReplyRule
from app.sending.replies import unknown
from app.sending.replies.unknown import Unheard


@dataclass(slots=True)
class Judge:
    """Judges the replies of one transaction; a workspace's rules are read when one is needed."""

    session: Session
    _rules: dict[UUID, Sequence[ReplyRule]] = field(default_factory=dict)
    _unknown: dict[Unheard, int] = field(default_factory=dict)

    def verdict(
        self, reply: Reply, relay: Relay | None, workspace_id: UUID, address: str
    ) -> Verdict:
        """What it means for the mail to ``address``; words that nobody knows are noted."""
        found = self.judge(reply, relay, workspace_id)
        if not found.known and relay is not None and reply.code is not None:
            words = masking.masked(reply.text, address)
            heard = Unheard(workspace_id, relay.id, reply.phase, reply.code, words)
            self._unknown[heard] = self._unknown.get(heard, 0) + 1
        return found.verdict

    def judge(self, reply: Reply, relay: Relay | None, workspace_id: UUID) -> Judgement:
        """What it means, and which rule says so."""
        settled = meaning.is_undisputed(reply)
        if settled is not None:
            return Judgement(settled)
        own = [own_rule(row) for row in self.asked(relay, workspace_id)]
        return meaning.judge(reply, own, service_rules(relay))

    def asked(self, relay: Relay | None, workspace_id: UUID) -> list[ReplyRule]:
        """The workspace's own rules that are asked about this relay, in their order."""
        if workspace_id not in self._rules:
            self._rules[workspace_id] = _enabled(self.session, workspace_id)
        mine = (None, relay.id if relay else None)
        served = ("", relay.preset if relay else "")
        return [
            row
            for row in self._rules[workspace_id]
            if row.relay_id in mine and row.preset in served
        ]

    def write(self, now: datetime) -> None:
        """Keeps what nobody knew."""
        unknown.keep(self.session, self._unknown, now)
        self._unknown.clear()


def own_rule(row: ReplyRule) -> OwnRule:
    """A row as a rule."""
    values = {name: getattr(row, name) for name in ("outcome", "about", "quota", "suppress")}
    verdict = own_replies.verdict(values)
    return OwnRule(row.name, row.phase, row.code, row.enhanced, row.text, verdict)


def service_rules(relay: Relay | None) -> Sequence[Rule]:
    """What the relay's service means by its words, also where only its host tells the service."""
    if relay is None:
        return ()
    known = presets.find()
    by_host = (one for one in known.values() if one.host and one.host == relay.host)
    service = known.get(relay.preset)
    return service.replies if service and service.host else next(by_host, presets.CUSTOM).replies


def _enabled(session: Session, workspace_id: UUID) -> Sequence[ReplyRule]:
    return session.scalars(
        select(ReplyRule)
        .where(ReplyRule.workspace_id == workspace_id, ReplyRule.enabled.is_(True))
        .order_by(ReplyRule.position, ReplyRule.id)
    ).all()
