"""A dry run: everything is read and decided as in a real one, and nobody is stored of it; which
fields, forms and choices there are is noted, so that they can be settled before a real one."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.sources import hiding
from app.sources.connections import fields as fields_of
from app.sources.connections import targets as targets_of
from app.sources.runs import rejects
from app.sources.runs.progress import LEASE, Progress, added, mine
from app.sources.storing import learning, naming
from app.sources.storing.contacts import ContactStore
from app.sources.storing.roster import Roster, Seen
from connectors import SourceField
from sync import mapping
from sync import run as pulling
from sync.guard import Guard
from sync.mapping import Wanted
from sync.merge import Create, Decision, Known, Update
from sync.run import Plan

#: A dry run remembers whom it would have made: it looks at so many rows, and says so.
MOST_ROWS = 50_000
#: So many examples of each kind are shown.
MOST_SAMPLES = 5


@dataclass(slots=True)
class TrialProgress(Progress):
    """How far a dry run has got: its own row is all that it writes. ``most``: it looks at so many
    rows.
    """

    guard: Guard | None = None
    most: int = MOST_ROWS

    def store(self, session: Session, plan: Plan, now: datetime) -> Progress:
        """Stores the numbers of a page; the last one ends the run. Raises Stopped."""
        after = replace(
            self,
            numbers=added(self.numbers, plan),
            overwritten=self.overwritten + plan.tally.overwritten,
        )
        values: dict[str, Any] = {"lease_until": now + LEASE, "detail": ""}
        if plan.cursor is None or after.is_enough():
            values = {"state": "succeeded", "finished_at": now, "owner": None, "lease_until": None}
            values["detail"] = after.summing_up(is_whole=plan.cursor is None)
        mine(session, self, **after.numbers.columns(), **values)
        return after

    def is_enough(self) -> bool:
        """Whether it has looked at as many rows as it may."""
        return self.numbers.seen >= self.most

    def summing_up(self, *, is_whole: bool) -> str:
        """What else is to be said about it."""
        more = "" if is_whole else f"Only the first {self.numbers.seen} rows were looked at."
        held = self.guard.objection(0, self.overwritten) if self.guard else ""
        hidden = hiding.sentence(self.source, self.numbers.hidden)
        told = (more, held and f"A real run would be held. {held}", hidden)
        return " ".join(part for part in told if part)


class Enough(Exception):
    """The dry run has looked at as many rows as it may."""


@dataclass(slots=True)
class Imagined:
    """What earlier pages of a dry run would have stored."""

    contacts: dict[UUID, Known] = field(default_factory=dict)
    addresses: dict[str, UUID] = field(default_factory=dict)
    rows: dict[str, UUID] = field(default_factory=dict)
    owners: dict[UUID, str] = field(default_factory=dict)
    newest: dict[UUID, str] = field(default_factory=dict)

    def into(self, roster: Roster, rows: Sequence[Wanted]) -> Roster:
        """The roster of a page as it would be if that were stored."""
        about = {name for row in rows for name in (row.source_id, row.about) if name in self.rows}
        who = {self.rows[name] for name in about}
        who |= {self.addresses[row.address] for row in rows if row.address in self.addresses}
        who |= self.contacts.keys() & roster.contacts.keys()
        return replace(
            roster,
            contacts={**roster.contacts, **{one: self.contacts[one] for one in who}},
            seen={**roster.seen, **{name: Seen(self.rows[name]) for name in about}},
            unchanged=roster.unchanged - about,
            owners={**roster.owners, **_some(self.owners, who)},
            newest={**roster.newest, **_some(self.newest, who)},
        )

    def keep(self, roster: Roster, decisions: Sequence[Decision]) -> None:
        """Remembers what a page would have changed."""
        for decision in decisions:
            contact_id = roster.contact_of(decision)
            if contact_id is None:
                continue
            known = self.contacts[contact_id] = roster.contacts[contact_id]
            self.addresses[known.address] = contact_id
            self.rows[decision.wanted.source_id] = contact_id
            self.owners |= _some(roster.owners, {contact_id})
            self.newest |= _some(roster.newest, {contact_id})


def _some(known: Mapping[UUID, str], who: set[UUID]) -> dict[UUID, str]:
    return {one: known[one] for one in who if one in known}


class TrialStore(ContactStore):
    """The contacts as a dry run sees them."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._named = naming.imagined
        self._imagined = Imagined()
        self._samples: list[dict[str, Any]] = []

    def _page(
        self, rows: Sequence[Wanted], decide: Callable[[pulling.Roster], Plan], durable: bool
    ) -> Plan:
        plan, roster, before = self.imagine(rows, decide)
        self._sample(plan, roster, before)
        now = self._now()
        with self._database.transaction(durable=durable) as session:
            after = self._progress.store(session, plan, now)
            self._keep(session, plan)
        self._imagined.keep(roster, plan.decisions)
        self._progress.counted(after)
        if plan.cursor and after.is_enough():
            raise Enough
        return plan

    def imagine(
        self, rows: Sequence[Wanted], decide: Callable[[pulling.Roster], Plan]
    ) -> tuple[Plan, Roster, Mapping[UUID, Known]]:
        """What would become of some rows, and the contacts as they would be and as they are."""
        with self._database.reading() as session:
            roster = self._imagined.into(self._load(session, rows, self._now()), rows)
        before = dict(roster.contacts)
        return decide(roster), roster, before

    def _keep(self, session: Session, plan: Plan) -> None:
        if self._vault:
            rejects.keep(session, self._vault, self._progress.run_id, plan.rejected)
            said = self._vault.close(json.dumps(self._samples))
            rejects.show(session, self._progress.run_id, said)

    def learn(self, fields: Sequence[SourceField]) -> Mapping[str, str]:
        """Notes fields, so that they can be mapped before anything is stored of them; where each
        would go.
        """
        with self._database.transaction() as session:
            connection = learning.meet(session, self._progress.connection_id, fields)
            targets = targets_of(session, self._workspace_id) | learning.would_fill(connection)
            return mapping.targets(fields_of(connection), connection.mapping, targets)

    def _sample(self, plan: Plan, roster: Roster, before: Mapping[UUID, Known]) -> None:
        found = [_sampled(one, roster, before) for one in plan.decisions]
        left_out = [{"what": "reject", **_without_fields(asdict(one))} for one in plan.rejected]
        for sample in (*found, *left_out):
            alike = [one for one in self._samples if sample and one["what"] == sample["what"]]
            if sample and len(alike) < MOST_SAMPLES:
                self._samples.append(sample)


def _without_fields(said: dict[str, Any]) -> dict[str, Any]:
    return {name: mapping.storable(text) for name, text in said.items() if name != "fields"}


def _sampled(
    decision: Decision, roster: Roster, before: Mapping[UUID, Known]
) -> dict[str, Any] | None:
    """What would become of somebody; None where nothing would."""
    said: dict[str, Any] = {
        "source_id": decision.wanted.source_id,
        "email": decision.wanted.address,
    }
    if isinstance(decision, Create):
        changes = {name: ["", value] for name, value in decision.wanted.fields.items()}
        return {"what": "create", **said, "status": decision.status, "changes": changes}
    if isinstance(decision, Update):
        known = before.get(decision.id)
        here = known.fields if known else {}
        changes = {name: [here.get(name, ""), new] for name, new in decision.fields.items()}
        if decision.address and known:
            changes["email"] = [known.email, decision.email]
        status = decision.status or (known.status if known else "")
        return {"what": "update", **said, "status": status, "changes": changes}
    return None
