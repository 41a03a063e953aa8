"""The relays of a workspace at one moment: who is asked first for a mail, and who may help."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.orm import Session

from app.rules.routing import chain as routing
from app.rules.routing import primary
from app.rules.routing import rule as routing_rule
from app.rules.routing.chain import Candidate, Decision, Terms
from app.rules.routing.primary import Step, Wish
from app.rules.routing.rule import Condition, Rule
from app.sending.destinations.complaints import Gate
from app.sending.models import Relay, RoutingRule, UserRelay
from app.sending.relays import standing
from app.workspaces.models import Member


class Mail(Protocol):
    """What routing reads of a dispatch, and of the settings of its workspace."""

    @property
    def pin(self) -> UUID | None: ...
    @property
    def mail_type(self) -> str: ...
    @property
    def stream(self) -> str: ...
    @property
    def user_id(self) -> UUID | None: ...
    @property
    def from_email(self) -> str: ...
    @property
    def from_name(self) -> str: ...
    @property
    def reply_to_email(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def failover(self) -> bool: ...
    @property
    def backup(self) -> UUID | None: ...
    @property
    def same_from(self) -> bool: ...
    @property
    def keep_from(self) -> bool: ...
    @property
    def into_transactional(self) -> bool: ...


@dataclass(slots=True)
class Fleet:
    """Every relay with how much it takes now, and what was assigned to which. ``gate``: what is
    held back from destinations, once somebody asked.
    """

    relays: dict[UUID, Relay]
    candidates: dict[UUID, Candidate]
    types: dict[str, UUID]
    users: dict[UUID, UUID]
    rules: list[Rule]
    asks: frozenset[str]
    gate: Gate | None = None

    def primary(
        self,
        mail: Mail,
        share: UUID | None = None,
        personal: Mapping[str, Sequence[str]] | None = None,
    ) -> tuple[UUID | None, list[Step]]:
        """Who is asked first for a mail, and how that came about. ``share``: whose turn it is,
        when the campaign rotates. ``personal``: what rules may know of the recipient.
        """
        default = self.types.get(primary.ALL)
        rule = routing_rule.first(self.rules, _facts(mail, personal or {})) if self.rules else None
        says = f"the routing rule '{rule.name}' leads there" if rule else ""
        wishes = (
            Wish("pin", mail.pin, binding=True),
            Wish("rotation", share, binding=True),
            Wish("rule", rule.relay_id if rule else None, says=says),
            Wish("mail_type", self.types.get(mail.mail_type)),
            Wish("user", self.users.get(mail.user_id) if mail.user_id else None),
            Wish("default", default, binding=True),
        )
        return primary.choose(wishes, self.candidates, default)

    def terms(self, mail: Mail, first: UUID | None) -> Terms:
        """Who may help when the primary ``first`` is away."""
        sender = ""
        if mail.same_from or mail.keep_from:
            own = self.relays.get(first) if first else None
            sender = standing.sender_address(mail.from_email or (own.from_email if own else ""))
        apart = mail.stream != "transactional" and not mail.into_transactional
        return Terms(mail.backup, sender, "transactional" if apart else "", mail.keep_from)

    def chain(self, mail: Mail, first: UUID | None) -> list[Candidate]:
        """All that may be asked, in order."""
        terms = self.terms(mail, first)
        return routing.chain(first, self._all, failover=mail.failover, terms=terms)

    def decide(
        self,
        mail: Mail,
        first: UUID | None,
        *,
        stay: UUID | None = None,
        tried: frozenset[UUID] = frozenset(),
    ) -> Decision:
        """What happens now to a mail with this primary. ``stay``: the relay it waits for; that
        counts only as long as the relay may still be asked, failover switched off or not.
        """
        terms = self.terms(mail, first)
        allowed = routing.chain(first, self._all, failover=mail.failover, terms=terms)
        waits = any(one.relay_id == stay for one in allowed)
        return routing.choose(
            stay if waits else first, self._all, failover=mail.failover, tried=tried, terms=terms
        )

    @property
    def room(self) -> int:
        """How much all of them together take now."""
        return sum(one.room for one in self.candidates.values() if one.enabled)

    def took(self, relay_id: UUID) -> bool:
        """One message was planned for it; says whether it is full now."""
        one = self.candidates[relay_id]
        one.room -= 1
        return one.room <= 0

    @property
    def _all(self) -> Sequence[Candidate]:
        return list(self.candidates.values())


def gather(
    session: Session,
    workspace_id: UUID,
    zone: str,
    free: Callable[[Relay], int],
    *,
    kept: bool = False,
    now: datetime,
) -> Fleet:
    """The fleet of a workspace now; ``free``: room in a relay's lane; ``kept``: some of every
    limit is kept for messages.
    """
    found = {one.id: one for one in standing.of_workspace(session, workspace_id)}
    rules = _rules(session, workspace_id)
    return Fleet(
        found,
        {
            key: standing.candidate(one, now, zone, free(one), kept=kept)
            for key, one in found.items()
        },
        {one.mail_type: key for key, one in found.items() if one.mail_type != primary.NONE},
        users_defaults(session, workspace_id),
        rules,
        routing_rule.fields_of(rules),
    )


def _facts(mail: Mail, personal: Mapping[str, Sequence[str]]) -> routing_rule.Facts:
    known = {
        "from_email": [mail.from_email],
        "from_name": [mail.from_name],
        "reply_to": [mail.reply_to_email],
        "mail_type": [mail.mail_type],
        "stream": [mail.stream],
        "campaign": [mail.label],
        **personal,
    }
    return lambda field: known.get(field, ())


def _rules(session: Session, workspace_id: UUID) -> list[Rule]:
    rows = session.connection().execute(_RULES, {"workspace": workspace_id})
    return [
        Rule(name, relay_id, [[Condition(**one) for one in group] for group in groups])
        for name, relay_id, groups in rows
    ]


def users_defaults(session: Session, workspace_id: UUID) -> dict[UUID, UUID]:
    """User -> the relay that is her default, of those who are members."""
    rows = session.connection().execute(_USERS_DEFAULTS, {"workspace": workspace_id})
    return dict(rows.all())


# Made once: making a statement costs more than running it, and these run with every wave.
_WORKSPACE = bindparam("workspace", type_=Uuid())
_RULES = (
    select(RoutingRule.name, RoutingRule.relay_id, RoutingRule.groups)
    .where(RoutingRule.workspace_id == _WORKSPACE, RoutingRule.enabled.is_(True))
    .order_by(RoutingRule.position, RoutingRule.id)
)
_USERS_DEFAULTS = (
    select(UserRelay.user_id, UserRelay.relay_id)
    .join(
        Member,
        (Member.workspace_id == UserRelay.workspace_id) & (Member.user_id == UserRelay.user_id),
    )
    .where(UserRelay.workspace_id == _WORKSPACE)
    .order_by(UserRelay.user_id)
)
