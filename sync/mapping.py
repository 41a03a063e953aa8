"""From a source's fields to a contact's: which value goes where, and who is left out and why."""

import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from connectors import Incoming, SourceField

#: Longer values are cut: no name or street is, and every mail would carry it.
LONGEST = 1000
#: Control characters, halves of broken pairs, line and paragraph separators.
_UNWANTED = {"Cc", "Cs", "Zl", "Zp"}

#: The normal form of an e-mail address, None when nobody can be written to there.
AddressOf = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a row wants a contact to be. ``fields``: by target, never empty ones.

    Custom fields are called ``fields.<key>``.
    """

    source_id: str
    email: str
    address: str
    fields: Mapping[str, str] = field(default_factory=dict)
    status: str = ""


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
    that exist; others (a custom field that was deleted meanwhile) fall away.
    """
    wanted = {entry.key: mapping.get(entry.key, entry.target) for entry in fields}
    return {key: target for key, target in wanted.items() if target in known}


def wanted(row: Incoming, targets: Mapping[str, str], address_of: AddressOf) -> Wanted | Skipped:
    """What ``row`` wants, or why it is left out."""
    if row.skip:
        return Skipped(row.source_id, row.skip)
    email = row.email.strip()
    if not email:
        return Skipped(row.source_id, "no_email")
    address = address_of(email) if email.isprintable() or not _is_broken(email) else None
    if address is None:
        return Skipped(row.source_id, "invalid_email")
    fields = {}
    for key, target in targets.items():
        if value := storable(row.fields.get(key, "")):
            fields[target] = value
    return Wanted(row.source_id, email, address, fields, row.status)


def storable(text: str) -> str:
    """``text`` without what no database, header or page can hold, on one line, not too long."""
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(c) in _UNWANTED else c for c in text)
    return unicodedata.normalize("NFC", text).strip()[:LONGEST]


def _is_broken(text: str) -> bool:
    return any(unicodedata.category(c) in _UNWANTED for c in text)
