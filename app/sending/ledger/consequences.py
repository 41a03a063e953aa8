"""What answers mean beyond their own mails: for addresses, destinations, relays and dispatches."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.contacts.suppression import suppress
from app.rules import delivery
from app.rules.health.breaker import BreakerSettings
from app.rules.replies import soft_bounces
from app.rules.replies.meaning import Reply, Verdict
from app.sending.destinations import complaints
from app.sending.guards import alarming
from app.sending.ledger import distrust, rejections
from app.sending.ledger.soft_bounces import CameBack, count
from app.sending.models import Relay
from app.sending.models.dispatch import MESSAGE


@dataclass(slots=True)
class Consequences:
    """Gathered in the order in which it was heard, written after the mails themselves."""

    now: datetime
    breaker: BreakerSettings
    suppressed: dict[tuple[UUID, str], dict[str, str]] = field(default_factory=dict)
    complaints: list[tuple[Relay, str, Verdict, str]] = field(default_factory=list)
    relieved: dict[UUID, tuple[Relay, list[int]]] = field(default_factory=dict)
    suspects: dict[UUID, Relay] = field(default_factory=dict)
    soft: list[CameBack] = field(default_factory=list)
    rejected: dict[UUID, str] = field(default_factory=dict)
    doubtful: dict[UUID, Any] = field(default_factory=dict)

    def took(self, relay: Relay, delivery_id: int) -> None:
        """The relay took a mail."""
        distrust.trust(relay, self.now)
        if relay.slowed_until is not None:
            self.relieved.setdefault(relay.id, (relay, []))[1].append(delivery_id)

    def heard(
        self, row: Any, relay: Relay | None, verdict: Verdict, reply: Reply, state: str
    ) -> None:
        """Anything else, about the mail in ``row``; ``state``: what becomes of it."""
        words = delivery.describe(reply)
        if kind := soft_bounces.told_at_once(verdict, state):
            her = (row.workspace_id, row.delivery_id, row.contact_id, row.address)
            self.soft.append(CameBack(*her, row.kind, kind, words))
        if verdict.suppress:
            about = self.suppressed.setdefault((row.workspace_id, verdict.suppress), {})
            about[row.address] = words
        if verdict.outcome == "rejected" and verdict.whom == "content":
            self.rejected[row.dispatch_id] = words
        if relay is None:
            return
        if verdict.whom == "destination":
            self.complaints.append((relay, row.address, verdict, words))
        if verdict.outcome == "bounced" and not row.disbelieved:
            distrust.refused(relay, row.id, self.now)
            self.suspects[relay.id] = relay

    def write(self, session: Session) -> None:
        """All of it."""
        for relay, deliveries in self.relieved.values():
            complaints.relieved(session, relay, deliveries, self.now)
        for complaint in self.complaints:
            complaints.complained(session, *complaint, self.now)
        for (workspace_id, reason), addresses in self.suppressed.items():
            for address, words in sorted(addresses.items()):
                suppress(session, workspace_id, [address], reason, words, self.now)
        for one in sorted(self.soft, key=lambda one: one.address):
            count(session, one, self.now)
        for relay in self.suspects.values():
            distrust.look(session, relay, self.now, self.breaker)
        rejections.look(session, self.rejected, self.now)
        for dispatch_id, row in sorted(self.doubtful.items()):
            about = alarming.MESSAGES if row.kind == MESSAGE else str(dispatch_id)
            alarming.in_doubt(session, row.workspace_id, about, row.label, self.now)
