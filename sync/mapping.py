"""From a source's fields to a contact's: which value goes where, and who is left out and why."""

import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from connectors import PURCHASE_FIELDS, Consent, Incoming, Purchase, SourceField
from connectors.reading.frozen import frozen
from sync.coerce import BadValue, coerced

#: Statuses that say "no".
CLOSED = frozenset({"unsubscribed", "bounced", "invalid", "complained"})
#: Longer values are cut: no name or street is, and every mail would carry it.
LONGEST = 1000
#: No name of a list or tag is longer.
_LONGEST_NAME = 200
_SUMS = [entry.key for entry in PURCHASE_FIELDS]
#: Control characters, halves of broken pairs, line and paragraph separators.
_UNWANTED = {"Cc", "Cs", "Zl", "Zp"}

_TEXT: Mapping[str, str] = {}

#: The normal form of an e-mail address, None when nobody can be written to there.
AddressOf = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that its field cannot take: ``why`` goes on after it."""

    target: str
    value: str
    why: str


@frozen
class Wanted:
    """What a row wants a contact to be. ``fields``: by target, never empty ones.

    Custom fields are called ``fields.<key>``. ``skip``: why nobody new is made of it, though it
    says a "no". ``sums``: targets of what is added up from purchases. The rest is as in Incoming.
    """

    source_id: str
    email: str
    address: str
    fields: Mapping[str, str] = field(default_factory=dict)
    status: str = ""
    skip: str = ""
    said_at: str = ""
    about: str = ""
    lists: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    purchase: Purchase | None = None
    sums: Mapping[str, str] = field(default_factory=dict)
    form: str = ""
    consents: tuple[Consent, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that becomes nobody, and why: no_email, invalid_email, not_subscribed, ..."""

    source_id: str
    reason: str


def targets(
    fields: Iterable[SourceField], mapping: Mapping[str, str], known: Collection[str]
) -> dict[str, str]:
    """Source field -> contact field: the connector's own proposals, changed by ``mapping``.

    ``mapping`` gives a target for a field, "" for leaving it out. ``known`` are the targets
    that exist; others (a custom field that was deleted meanwhile) fall away. Of two fields with
    one target the later counts: what somebody chose comes after what goes there by itself.
    """
    ordered = sorted(fields, key=lambda entry: entry.key in mapping)
    wanted = {entry.key: mapping.get(entry.key, entry.target) for entry in ordered}
    return {key: target for key, target in wanted.items() if target in known}


def wanted(
    row: Incoming,
    targets: Mapping[str, str],
    address_of: AddressOf,
    kinds: Mapping[str, str] = _TEXT,
) -> Wanted | Skipped:
    """What ``row`` wants, or why it is left out.

    ``kinds``: what targets hold that is not just text; what is none of it is left out as a fault.
    """
    if row.skip and row.status not in CLOSED:
        return Skipped(row.source_id, row.skip)
    email = row.email.strip()
    if not email:
        return Skipped(row.source_id, row.skip or "no_email")
    address = address_of(email) if email.isprintable() or not _is_broken(email) else None
    if address is None:
        return Skipped(row.source_id, row.skip or "invalid_email")
    fields = {}
    for key, target in targets.items():
        if (said := row.fields.get(key)) and (value := storable(said)):
            fields[target] = value
    faults = _typed(fields, kinds) if kinds else ()
    if _says_more(row):
        return _in_full(row, email, address, fields, targets, faults)
    return Wanted(row.source_id, email, address, fields, row.status, faults=faults)


def _typed(fields: dict[str, str], kinds: Mapping[str, str]) -> tuple[Fault, ...]:
    """Gives values the one form of their kind; takes out those that are none of it."""
    faults = []
    for target in kinds.keys() & fields.keys():
        try:
            fields[target] = coerced(kinds[target], fields[target])
        except BadValue as error:
            faults.append(Fault(target, fields.pop(target), str(error)))
    return tuple(sorted(faults, key=lambda fault: fault.target))


def _says_more(row: Incoming) -> bool:
    return bool(row.said_at or row.lists or row.tags or row.skip or row.consents)


def _in_full(
    row: Incoming,
    email: str,
    address: str,
    fields: Mapping[str, str],
    targets: Mapping[str, str],
    faults: tuple[Fault, ...],
) -> Wanted:
    return Wanted(
        row.source_id,
        email,
        address,
        fields,
        row.status,
        skip=row.skip,
        said_at=row.said_at,
        about=row.about,
        lists=_names(row.lists),
        tags=_names(row.tags),
        purchase=row.purchase,
        sums={key: targets[key] for key in _SUMS if key in targets} if row.purchase else {},
        form=row.form,
        consents=row.consents,
        faults=faults,
    )


def _names(names: frozenset[str]) -> frozenset[str]:
    if not names:
        return names
    found = (storable(name)[:_LONGEST_NAME].strip() for name in names)
    return frozenset(name for name in found if name)


def storable(text: str) -> str:
    """``text`` without what no database, header or page can hold, on one line, not too long."""
    if text.isascii() and text.isprintable():
        return text.strip()[:LONGEST]
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(c) in _UNWANTED else c for c in text)
    return unicodedata.normalize("NFC", text).strip()[:LONGEST]


def _is_broken(text: str) -> bool:
    return any(unicodedata.category(c) in _UNWANTED for c in text)
