"""The contacts as a sync run sees them: a page is matched, decided and stored in one commit."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from app.contacts import allocation, origins
from app.db import Database
from app.sources import forms as forms_of
from app.sources.connections import fields as fields_of
from app.sources.connections import targets as targets_of
from app.sources.forms import Rules
from app.sources.models import Connection
from app.sources.runs import rejects
from app.sources.runs.progress import Progress
from app.sources.storing import learning, looking, naming, roster, writing
from app.sources.storing.looking import Wished
from app.sources.storing.roster import Roster, Seen
from app.vault import Vault
from connectors import Choice, SourceField, SourceForm
from sync import mapping
from sync import run as pulling
from sync.forms import Forms
from sync.mapping import CLOSED, Wanted
from sync.merge import Known, Terms

#: Somebody who creates the same contact at the same moment makes us look again, so often.
_TRIES = 4
_NONE: frozenset[UUID] = frozenset()


class HandBack(Exception):
    """This process is stopping: the run goes back into the queue."""


class ContactStore:
    """Gives ``sync.run`` the contacts of one workspace for one claimed run.

    ``vault``: without one, rows that are left out are only counted. ``everybody``: also rows that
    say what they said last time are matched and decided. ``is_read_again``: what a power cut takes
    is still at its source, so that not every page has to wait for the disk.
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
        is_read_again: bool = False,
    ) -> None:
        self._database = database
        self._workspace_id = workspace_id
        self._progress = progress
        self._terms = terms
        self._vault = vault
        self._everybody = everybody
        self._is_read_again = is_read_again
        self._given = rules.groups if rules else _NONE
        self._salt = roster.salt([*terms.lists, *terms.tags], rules.print if rules else "")
        self._named: naming.Named = naming.named
        self._now = now
        self._stop = stop

    def page(
        self,
        rows: Sequence[Wanted],
        decide: Callable[[pulling.Roster], pulling.Plan],
        *,
        is_last: bool,
    ) -> pulling.Plan:
        """Matches, decides and stores a page together with the cursor: both or neither.

        The last page waits for the disk, and with it all before it; so does one that brings a "no".
        Raises HandBack, and Stopped when the run was cancelled or is somebody else's by now.
        """
        if self._stop():
            raise HandBack
        durable = is_last or not self._is_read_again or any(row.status in CLOSED for row in rows)
        for attempt in range(_TRIES):
            try:
                return self._page(rows, decide, durable)
            except (IntegrityError, OperationalError):
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError("unreachable")

    def _page(
        self,
        rows: Sequence[Wanted],
        decide: Callable[[pulling.Roster], pulling.Plan],
        durable: bool,
    ) -> pulling.Plan:
        now = self._now()
        with self._database.transaction(durable=durable) as session:
            known = self._load(session, rows, now)
            plan = decide(known)
            after = self._progress.store(session, plan, now)
            writing.write(session, self._workspace_id, self._progress, known, plan, now)
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
        connection_id = self._progress.connection_id
        digests = roster.digests(rows, self._salt)
        others = {row.about for row in rows if row.about}
        compared = dict.fromkeys(digests, "") if self._everybody else digests
        seen, unchanged = looking.seen(session, connection_id, compared, others)
        changed = [row for row in rows if row.source_id not in unchanged]
        if not changed:
            return Roster(digests, seen, unchanged)
        lists, tags = self._named(session, self._workspace_id, changed, now)
        contacts = self._contacts(session, changed, seen, self._wished(seen, lists, tags))
        return Roster(
            digests,
            seen,
            unchanged,
            contacts,
            looking.owners(session, connection_id, contacts),
            looking.refusals(session, self._workspace_id, [row.address for row in changed]),
            looking.newest(session, connection_id, contacts)
            if any(row.said_at for row in changed)
            else {},
            lists,
            tags,
            room=allocation.room(session, self._workspace_id),
            origin=origins.of_site(connection_id, now),
            begun=self._progress.begun.isoformat(),
        )

    def _contacts(
        self, session: Session, rows: Sequence[Wanted], seen: Mapping[str, Seen], wished: Wished
    ) -> dict[UUID, Known]:
        who = {row.source_id for row in rows} | {row.about for row in rows}
        ids = [one.contact_id for row, one in seen.items() if row in who and one.contact_id]
        addresses = [row.address for row in rows]
        return looking.contacts(session, self._workspace_id, addresses, ids, wished)

    def _wished(
        self, seen: Mapping[str, Seen], lists: Mapping[str, UUID], tags: Mapping[str, UUID]
    ) -> Wished:
        before = {group for one in seen.values() for group in one.groups} | self._given
        return Wished(
            self._terms.lists | before | {*lists.values()},
            self._terms.tags | before | {*tags.values()},
        )
