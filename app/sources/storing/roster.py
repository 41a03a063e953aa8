"""Who a row is about: by what it became last time, else by its address."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any
from uuid import UUID

from app import ids
from app.contacts import origins
from sync.mapping import Wanted
from sync.merge import Create, Decision, Known, Refuse, Update
from sync.run import Match

_UNCHANGED = Match(unchanged=True)
_NOBODY = Match()


@dataclass(frozen=True, slots=True)
class Seen:
    """What was noted of a row the last time it was seen."""

    contact_id: UUID | None
    groups: frozenset[UUID] = frozenset()


@dataclass(slots=True)
class Roster:
    """The contacts that a page of rows may be about, kept up to date while it is decided.

    ``digests``: what each row says now, by source id. ``seen``: what it became the last time;
    ``unchanged``: those that say the same as then.
    ``contacts``: those loaded, by id, and those that are made. ``owners``: the source id of this
    connection that stands for a contact. ``refusals``: closed statuses by address. ``newest``:
    when something was last said of a contact. ``lists``, ``tags``: ids by name. ``made``: the ids
    of new contacts by the row that made them. ``room``: for how many new contacts there is room,
    None for any number. ``origin``: what is noted of values that come from these rows. ``begun``:
    when this sweep began, as it stands in such a note.
    """

    digests: Mapping[str, str]
    seen: Mapping[str, Seen]
    unchanged: Set[str] = frozenset()
    contacts: dict[UUID, Known] = field(default_factory=dict)
    owners: dict[UUID, str] = field(default_factory=dict)
    refusals: Mapping[str, str] = field(default_factory=dict)
    newest: dict[UUID, str] = field(default_factory=dict)
    lists: Mapping[str, UUID] = field(default_factory=dict)
    tags: Mapping[str, UUID] = field(default_factory=dict)
    made: dict[str, UUID] = field(default_factory=dict)
    room: int | None = None
    origin: Mapping[str, Any] = field(default_factory=dict)
    begun: str = ""
    _addresses: dict[str, UUID] = field(default_factory=dict)
    _stand: dict[str, UUID] = field(default_factory=dict)
    _fresh: Iterator[UUID] = field(default_factory=ids.several)

    def __post_init__(self) -> None:
        self._addresses = {known.address: known.id for known in self.contacts.values()}

    @property
    def _is_full(self) -> bool:
        return self.room is not None and len(self.made) >= self.room

    def match(self, wanted: Wanted) -> Match:
        """Whom ``wanted`` is about.

        The first row of a source that has an address stands for its contact; others with the
        same address are duplicates.
        """
        if wanted.source_id in self.unchanged:
            return _UNCHANGED
        refusal = self.refusals.get(wanted.address, "")
        if wanted.said_at:
            return self._match_deed(wanted, refusal)
        here = self._addresses.get(wanted.address)
        row = self.seen.get(wanted.source_id)
        if here is not None:
            is_taken = self.owners.get(here, wanted.source_id) != wanted.source_id
            match = Match(self.contacts[here], duplicate=is_taken, refusal=refusal)
        else:
            before = self.contacts.get(row.contact_id) if row and row.contact_id else None
            is_usual = not (before or refusal or self._is_full)
            match = _NOBODY if is_usual else Match(before, refusal=refusal, is_full=self._is_full)
        named = wanted.lists or wanted.tags or (row and row.groups)
        return self._named(wanted, match, row) if named else match

    def _match_deed(self, wanted: Wanted, refusal: str) -> Match:
        """Something that a person did: by who she is at the source, else by the address."""
        about = self._stand.get(wanted.about) or self._was(wanted.about)
        if about in self.contacts:
            match = Match(self.contacts[about], refusal=refusal, is_noted=True)
            return self._named(wanted, match, None)
        here = self._addresses.get(wanted.address)
        if here is None:
            return self._named(wanted, Match(refusal=refusal, is_full=self._is_full), None)
        is_older = self.newest.get(here, "") > wanted.said_at
        match = Match(self.contacts[here], refusal=refusal, is_noted=is_older)
        return self._named(wanted, match, None)

    def _was(self, source_id: str) -> UUID | None:
        row = self.seen.get(source_id)
        return row.contact_id if row else None

    def _named(self, wanted: Wanted, match: Match, row: Seen | None) -> Match:
        lists = frozenset(self.lists[name] for name in wanted.lists if name in self.lists)
        tags = frozenset(self.tags[name] for name in wanted.tags if name in self.tags)
        left = row.groups - lists - tags if row else frozenset()
        if not (lists or tags or left):
            return match
        found = (match.known, match.unchanged, match.duplicate, match.refusal, match.is_noted)
        return Match(*found, lists, tags, left, match.is_full)

    def note(self, decision: Decision) -> None:
        """Later rows of the page are matched as if this were stored already."""
        wanted = decision.wanted
        if isinstance(decision, Refuse):
            return
        contact_id = self._make(decision) if isinstance(decision, Create) else decision.id
        if wanted.said_at:
            self.newest[contact_id] = max(self.newest.get(contact_id, ""), wanted.said_at)
        else:
            self._stand_for(contact_id, wanted.source_id)
        if isinstance(decision, Update):
            self._change(decision)

    def _make(self, decision: Create) -> UUID:
        wanted = decision.wanted
        made = Known(
            next(self._fresh),
            wanted.address,
            decision.status,
            wanted.email,
            wanted.fields,
            lists=decision.lists,
            tags=decision.tags,
        )
        self.contacts[made.id] = made
        self._addresses[made.address] = self.made[wanted.source_id] = made.id
        return made.id

    def _stand_for(self, contact_id: UUID, source_id: str) -> None:
        before = self._was(source_id)
        if before and before != contact_id:
            self.owners.pop(before, None)
        self.owners[contact_id] = source_id
        self._stand[source_id] = contact_id

    def _change(self, decision: Update) -> None:
        known = self.contacts[decision.id]
        del self._addresses[known.address]
        after = replace(
            known,
            email=decision.email or known.email,
            address=decision.address or known.address,
            status=decision.status or known.status,
            fields={**known.fields, **decision.fields},
            lists=known.lists | decision.lists,
            tags=known.tags | decision.tags,
            origins=self.traced(known, decision.fields),
        )
        self.contacts[decision.id] = after
        self._addresses[after.address] = decision.id

    def is_fresh(self, contact_id: UUID) -> bool:
        """Whether this very sweep made somebody, on this page or before."""
        came = self.contacts[contact_id].origins.get(origins.EVERY)
        if not came:
            return contact_id in self.made.values()
        is_mine = came["connection"] == self.origin["connection"]
        return is_mine and bool(came["at"] > self.begun)

    def traced(self, known: Known, fields: Iterable[str]) -> Mapping[str, Any]:
        """Where a contact's values come from when these come from the rows of this page."""
        fresh = dict.fromkeys(fields, self.origin)
        return {**known.origins, **fresh} if fresh else known.origins

    def contact_of(self, decision: Decision) -> UUID | None:
        """Whom a decision is about; None for somebody who is refused."""
        if isinstance(decision, Create):
            return self.made[decision.wanted.source_id]
        return None if isinstance(decision, Refuse) else decision.id


def digests(rows: Iterable[Wanted], salt: bytes) -> dict[str, str]:
    """A short hash of everything each row wants, by source id; ``salt`` stands for the terms."""
    fresh, found = blake2b(digest_size=16, key=salt), {}
    for row in rows:
        whole = fresh.copy()
        whole.update(_said(row))
        found[row.source_id] = whole.hexdigest()
    return found


def _said(wanted: Wanted) -> bytes:
    said = [wanted.email, wanted.status]
    for target in sorted(wanted.fields):
        said += target, wanted.fields[target]
    if wanted.consents:
        said.append(repr(wanted.consents))
    if wanted.said_at or wanted.lists or wanted.tags or wanted.skip:
        said += "", wanted.skip, wanted.said_at, wanted.about, *sorted(wanted.lists), ""
        said += *sorted(wanted.tags), "", repr(wanted.purchase), *wanted.sums.values()
    return "\0".join(said).encode()


def salt(ids: Iterable[UUID], rules: str = "") -> bytes:
    """What makes every row count as changed when the lists and tags to add are others, or the
    rules by which rows are read.
    """
    said = b"".join(sorted(one.bytes for one in ids)) + rules.encode()
    return blake2b(said, digest_size=16).digest()
