"""The rows of a table as people: in our words, in pages."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from connectors import Consent, Cursor, Incoming, Page
from connectors.reading.addresses import address_in
from connectors.reading.files.columns import FIRST, LAST, Roles, closing
from connectors.reading.files.moments import moment
from connectors.reading.files.tables import Row
from connectors.reading.files.yes_or_no import MEANINGS, meaning
from connectors.reading.forms import LONG_AGO, split_name
from connectors.reading.values import plain

PER_PAGE = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """How rows are read: what the columns are, in which time zone, with which fields."""

    roles: Roles
    zone: tzinfo
    wholes: tuple[str, ...] = ()
    closing: Mapping[str, str] | None = None

    @classmethod
    def of(cls, roles: Roles, zone: tzinfo, fields: Iterable[str]) -> "Reading":
        """For a table with these fields."""
        names = list(fields)
        wholes = tuple(name for name in names if name + FIRST in names)
        return cls(roles, zone, wholes, closing(names))


def pages(
    rows: Iterable[Row], reading: Reading, at: Cursor | None, total: int | None
) -> Iterator[Page]:
    """The rows after ``at`` in pages; the last one has no cursor."""
    last = at["row"] if at else 0
    some: list[Incoming] = []
    for row in rows:
        if row.number <= last:
            continue
        if len(some) == PER_PAGE:
            yield Page(tuple(some), {"row": int(some[-1].source_id)}, total)
            some = []
        some.append(incoming(row, reading))
    yield Page(tuple(some), None, total)


def incoming(row: Row, reading: Reading) -> Incoming:
    """A row as a person, known by its number; with a date, as something that she did then."""
    roles, cells = reading.roles, row.cells
    values = {name: value for name, cell in cells.items() if (value := plain(cell))}
    for name in reading.wholes:
        values |= _parts(name, values.get(name, ""))
    at = moment(cells.get(roles.date, ""), reading.zone) if roles.date else ""
    word = values.get(roles.status, "")
    return Incoming(
        str(row.number),
        address_in(cells.get(roles.email, "")),
        values,
        status=_no(values, reading) or meaning(word),
        skip="rejected_by_mapping" if row.is_torn else "",
        said_at=(at or LONG_AGO) if roles.date else "",
        lists=_names(cells.get(roles.lists, "")),
        tags=_names(cells.get(roles.tags, "")),
        consents=_consents(roles.status, word, at),
    )


def _no(values: Mapping[str, str], reading: Reading) -> str:
    said = (status for name, status in (reading.closing or {}).items() if values.get(name))
    return next(said, "")


def _parts(name: str, value: str) -> dict[str, str]:
    parts = split_name(value) if value and "@" not in value else {}
    named = {name + FIRST: parts.get("first_name", ""), name + LAST: parts.get("last_name", "")}
    return {key: part for key, part in named.items() if part}


def _consents(column: str, word: str, at: str) -> tuple[Consent, ...]:
    """What a status says about being written to, where its word is clear."""
    status = MEANINGS.get(word.casefold(), "pending") if word else "pending"
    if status == "pending":
        return ()
    return (Consent("status", column, "", word, is_yes=not status, at=at),)


def _names(cell: str) -> frozenset[str]:
    """Names of lists or tags in a cell, with commas, semicolons or bars between them."""
    parts = (plain(part.strip(" \t\"'")) for part in re.split(r"[,;|\n]", cell[:10_000]))
    return frozenset(part for part in parts if part)
