"""The contacts as a sync run sees them: a page is matched, decided and stored in one commit."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.contacts import allocation, origins, suppression
from app.contacts.models import CONTACT_FIELDS, ContactList, ContactTag
from app.db import Database
from app.rules import consent
from app.sources import forms as forms_of
from app.sources import learning, naming, reading, rejects, writing
from app.sources.connections import fields as fields_of
from app.sources.connections import targets as targets_of
from app.sources.forms import Rules
from app.sources.models import Connection
from app.sources.progress import Progress
from app.sources.roster import Roster, Seen, digest, is_unchanged, salt
from app.vault import Vault
from connectors import Choice, SourceField, SourceForm
from sync import mapping
from sync import run as pulling
from sync.forms import Forms
from sync.mapping import Wanted
from sync.merge import Known, Terms

#: Somebody who creates the same contact at the same moment makes us look again, so often.
_TRIES = 4
_BUILT_IN = {*CONTACT_FIELDS, "email"}
_NONE: frozenset[UUID] = frozenset()


class HandBack(Exception):
    """This process is stopping: the run goes back into the queue."""


@dataclass(frozen=True, slots=True)
class Wished:
    """Ids of lists and tags that rows of a page name, or named before."""

    lists: set[UUID]
    tags: set[UUID]


class ContactStore:
    """Gives ``sync.run`` the contacts of one workspace for one claimed run.

    ``vault``: without one, rows that are left out are only counted. ``everybody``: also rows that
    say what they said last time are matched and decided.
    """

    def __init__(
        self,
        database: Database,
        workspace_id: UUID,
        progress: Progress,
        terms: Terms,
        *,
        now: Callable[[], datetime],
        stop: Callable[[], bool],
        rules: Rules | None = None,
        vault: Vault | None = None,
        everybody: bool = False,
    ) -> None:
        self._database = database
        self._workspace_id = workspace_id
        self._progress = progress
        self._terms = terms
        self._vault = vault
        self._everybody = everybody
        self._given = rules.groups if rules else _NONE
        self._salt = salt([*terms.lists, *terms.tags], rules.print if rules else "")
        self._now = now
        self._stop = stop

    def page(
        self, rows: Sequence[Wanted], decide: Callable[[pulling.Roster], pulling.Plan]
    ) -> pulling.Plan:
        """Matches, decides and stores a page together with the cursor: both or neither.

        Raises HandBack, and Stopped when the run was cancelled or is somebody else's by now.
        """
        if self._stop():
            raise HandBack
        for attempt in range(_TRIES):
            try:
                return self._page(rows, decide)
            except (IntegrityError, OperationalError):
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError("unreachable")

    def _page(
        self, rows: Sequence[Wanted], decide: Callable[[pulling.Roster], pulling.Plan]
    ) -> pulling.Plan:
        now = self._now()
        with self._database.transaction() as session:
            roster = self._load(session, rows, now)
            plan = decide(roster)
            after = self._progress.store(session, plan, now)
            writing.write(session, self._workspace_id, self._progress, roster, plan, now)
            if self._vault:
                rejects.keep(session, self._vault, self._progress.run_id, plan.rejected)
        self._progress.counted(after)
        return plan

    def learn(self, fields: Sequence[SourceField]) -> Mapping[str, str]:
        """Notes fields that the source turned out to have; where every field goes from now on."""
        with self._database.transaction() as session:
            connection = learning.learn(session, self._progress.connection_id, fields, self._now())
            known = targets_of(session, self._workspace_id)
            return mapping.targets(fields_of(connection), connection.mapping, known)

    def offer(self, choices: Sequence[Choice]) -> None:
        """Notes options that the site turned out to offer."""
        with self._database.transaction() as session:
            learning.offer(session, self._progress.connection_id, choices)

    def meet(self, forms: Sequence[SourceForm]) -> Forms:
        """Notes forms that the source turned out to have; how each is read from now on."""
        with self._database.transaction() as session:
            connection = session.get_one(Connection, self._progress.connection_id)
            forms_of.meet(session, connection.id, forms, self._now())
            return forms_of.rules(session, connection).forms

    def _load(self, session: Session, rows: Sequence[Wanted], now: datetime) -> Roster:
        others = {row.about for row in rows if row.about}
        seen = self._seen(session, [*(row.source_id for row in rows), *others])
        digests = {row.source_id: digest(row, self._salt) for row in rows}
        changed = [row for row in rows if not is_unchanged(row.source_id, digests, seen)]
        if not changed:
            return Roster(digests, seen)
        addresses = [row.address for row in changed]
        who = {row.source_id for row in changed} | {row.about for row in changed}
        ids = [one.contact_id for row, one in seen.items() if row in who and one.contact_id]
        lists, tags = self._named(session, changed, now)
        before = {group for one in seen.values() for group in one.groups}
        wanted = Wished({*lists.values(), *before}, {*tags.values(), *before})
        contacts = self._contacts(session, addresses, ids, wanted)
        reasons = suppression.reasons(session, self._workspace_id, addresses)
        return Roster(
            digests,
            seen,
            contacts,
            self._owners(session, contacts),
            {address: consent.status_for(reason) for address, reason in reasons.items()},
            self._newest(session, contacts) if any(row.said_at for row in changed) else {},
            lists,
            tags,
            room=allocation.room(session, self._workspace_id),
            origin=origins.of_site(self._progress.connection_id, now),
        )

    def _named(
        self, session: Session, rows: Sequence[Wanted], now: datetime
    ) -> tuple[dict[str, UUID], dict[str, UUID]]:
        return naming.named(session, self._workspace_id, rows, now)

    def _seen(self, session: Session, source_ids: list[str]) -> dict[str, Seen]:
        which = {"connection": self._progress.connection_id, "rows": source_ids}
        return {
            row: Seen(
                contact,
                "" if self._everybody else digest,
                frozenset(map(UUID, groups)) if groups else _NONE,
            )
            for row, contact, digest, groups in session.connection().execute(reading.SEEN, which)
        }

    def _owners(self, session: Session, contacts: Collection[UUID]) -> dict[UUID, str]:
        if not contacts:
            return {}
        which = {"connection": self._progress.connection_id, "contacts": list(contacts)}
        return {
            row[0]: row[1] for row in session.connection().execute(reading.OWNERS, which) if row[0]
        }

    def _newest(self, session: Session, contacts: Collection[UUID]) -> dict[UUID, str]:
        """When the source last told something that each of the contacts did."""
        if not contacts:
            return {}
        which = {"connection": self._progress.connection_id, "contacts": list(contacts)}
        return {
            row[0]: row[1] for row in session.connection().execute(reading.NEWEST, which) if row[0]
        }

    def _contacts(
        self, session: Session, addresses: list[str], ids: list[UUID], wished: "Wished"
    ) -> dict[UUID, Known]:
        which = {"workspace": self._workspace_id, "addresses": addresses, "ids": ids}
        query = reading.CONTACTS if ids else reading.BY_ADDRESS
        found = session.connection().execute(query, which if ids else _without_ids(which)).all()
        who, given = [row[0] for row in found], self._given
        in_lists = (ContactList.contact_id, ContactList.list_id)
        lists = self._groups(session, self._terms.lists | given | wished.lists, *in_lists, who)
        tagged = (ContactTag.contact_id, ContactTag.tag_id)
        tags = self._groups(session, self._terms.tags | given | wished.tags, *tagged, who)
        return {
            row[0]: _known(row, lists.get(row[0], _NONE), tags.get(row[0], _NONE)) for row in found
        }

    def _groups(
        self,
        session: Session,
        wanted: Collection[UUID],
        contact: InstrumentedAttribute[UUID],
        group: InstrumentedAttribute[UUID],
        contacts: list[UUID],
    ) -> dict[UUID, frozenset[UUID]]:
        """Which of the lists (or tags) to add each contact has already."""
        if not wanted or not contacts:
            return {}
        query = select(contact, group).where(contact.in_(contacts), group.in_(wanted))
        found: dict[UUID, frozenset[UUID]] = {}
        for contact_id, group_id in session.execute(query):
            found[contact_id] = found.get(contact_id, frozenset()) | {group_id}
        return found


def _without_ids(which: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in which.items() if name != "ids"}


def _known(row: Sequence[Any], lists: frozenset[UUID], tags: frozenset[UUID]) -> Known:
    contact_id, address, status, email, custom, edited, known_origins, *values = row
    fields = dict(zip(CONTACT_FIELDS, values, strict=True))
    fields |= {f"fields.{key}": text for key, text in custom.items()}
    names = [name if name in _BUILT_IN else f"fields.{name}" for name in edited]
    who = (contact_id, address, status, email)
    return Known(*who, fields, frozenset(names), lists, tags, known_origins)
