"""Who a row is about: by what it became last time, else by its address."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from uuid import UUID

from sync.mapping import Wanted
from sync.merge import Create, Decision, Known, Update
from sync.run import Match


@dataclass(frozen=True, slots=True)
class Seen:
    """What was noted of a row the last time it was seen."""

    contact_id: UUID | None
    digest: str


@dataclass(slots=True)
class Roster:
    """The contacts that a page of rows may be about, kept up to date while it is decided.

    ``digests`` and ``seen``: what each row says now and said last time, by source id.
    ``contacts``: those loaded, by id. ``owners``: the source id of this connection that stands
    for a contact. ``refusals``: closed statuses by address.
    """

    digests: Mapping[str, str]
    seen: Mapping[str, Seen]
    contacts: dict[UUID, Known] = field(default_factory=dict)
    owners: dict[UUID, str] = field(default_factory=dict)
    refusals: Mapping[str, str] = field(default_factory=dict)
    _addresses: dict[str, UUID] = field(default_factory=dict)
    _created: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._addresses = {known.address: known.id for known in self.contacts.values()}

    def match(self, wanted: Wanted) -> Match:
        """Whom ``wanted`` is about.

        The first row of a source that has an address stands for its contact; others with the
        same address are duplicates.
        """
        if is_unchanged(wanted.source_id, self.digests, self.seen):
            return Match(unchanged=True)
        if wanted.address in self._created:
            return Match(duplicate=True)
        refusal = self.refusals.get(wanted.address, "")
        here = self._addresses.get(wanted.address)
        if here is not None:
            is_taken = self.owners.get(here, wanted.source_id) != wanted.source_id
            return Match(self.contacts[here], duplicate=is_taken, refusal=refusal)
        row = self.seen.get(wanted.source_id)
        before = self.contacts.get(row.contact_id) if row and row.contact_id else None
        return Match(before, refusal=refusal)

    def note(self, decision: Decision) -> None:
        """Later rows of the page are matched as if this were stored already."""
        if isinstance(decision, Create):
            self._created.add(decision.wanted.address)
            return
        source_id = decision.wanted.source_id
        row = self.seen.get(source_id)
        if row and row.contact_id and row.contact_id != decision.id:
            self.owners.pop(row.contact_id, None)
        self.owners[decision.id] = source_id
        if isinstance(decision, Update):
            known = self.contacts[decision.id]
            del self._addresses[known.address]
            after = replace(
                known,
                email=decision.email or known.email,
                address=decision.address or known.address,
                status=decision.status or known.status,
                fields={**known.fields, **decision.fields},
            )
            self.contacts[decision.id] = after
            self._addresses[after.address] = decision.id


def is_unchanged(source_id: str, digests: Mapping[str, str], seen: Mapping[str, Seen]) -> bool:
    """Whether a row says what it said last time, and its contact is still there."""
    row = seen.get(source_id)
    return row is not None and row.contact_id is not None and row.digest == digests[source_id]


def digest(wanted: Wanted, salt: bytes) -> str:
    """A short hash of everything a row wants; ``salt`` stands for the connection's terms."""
    said = [wanted.email, wanted.status]
    for target in sorted(wanted.fields):
        said += target, wanted.fields[target]
    return blake2b("\0".join(said).encode(), digest_size=16, key=salt).hexdigest()


def salt(ids: Iterable[UUID]) -> bytes:
    """What makes every row count as changed when the lists and tags to add are others."""
    return blake2b(b"".join(sorted(one.bytes for one in ids)), digest_size=16).digest()
