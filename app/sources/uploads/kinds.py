"""The kinds of files that can be read: each says how one is written, and what people are in it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import tzinfo
from itertools import islice
from typing import Any, Protocol

from connectors import Option, Page, Pull, SourceField
from connectors.reading.files import columns, table_rows, tables, wxr, wxr_rows
from connectors.reading.files.columns import Roles
from connectors.reading.files.table_rows import Reading
from connectors.reading.files.tables import Layout
from connectors.reading.files.texts import encoding_of

#: The bytes of a file from its beginning, as often as they are asked for.
Pieces = Callable[[], Iterable[bytes]]
_SAMPLE = 100


@dataclass(frozen=True, slots=True)
class Portrait:
    """What a file is found to hold, by its beginning.

    ``options``: what its parts seem to be; ``sample``: its first rows; ``consents``: fields that
    look as if they said who agreed.
    """

    layout: dict[str, Any]
    fields: list[SourceField]
    options: dict[str, bool | str]
    sample: list[dict[str, str]]
    consents: list[str]


class Kind(Protocol):
    """One kind of file."""

    key: str
    title: str
    fields: tuple[SourceField, ...]
    options: tuple[Option, ...]

    def look(self, pieces: Pieces, layout: Mapping[str, Any]) -> Portrait:
        """What a file holds. ``layout``: what is known of how it is written. Raises Broken."""
        ...

    def count(self, pieces: Pieces, layout: Mapping[str, Any]) -> int:
        """Reads a file to its end: how many people are in it. Raises Broken."""
        ...

    def pages(
        self, pieces: Pieces, layout: Mapping[str, Any], pull: Pull, zone: tzinfo, total: int
    ) -> Iterator[Page]:
        """Its people. Raises Broken."""
        ...


class Csv:
    """A table: what shops, forms, newsletters and spreadsheets export."""

    key = "csv"
    title = "CSV file"
    fields: tuple[SourceField, ...] = ()
    options: tuple[Option, ...] = (
        Option("email", "Column with the e-mail address", ""),
        Option("date", "Column with the time at which somebody did what the row says", ""),
        Option("status", "Column that says who may be written to", ""),
        Option("lists", "Column with names of mailing lists", ""),
        Option("tags", "Column with names of tags", ""),
    )

    def look(self, pieces: Pieces, layout: Mapping[str, Any]) -> Portrait:
        """Its columns, and what they seem to be about."""
        written = _layout(pieces, layout)
        names = tables.columns(pieces(), written)
        sample = [row.cells for row in islice(tables.rows(pieces(), written), _SAMPLE)]
        roles = columns.roles(names, sample)
        return Portrait(
            asdict(written),
            columns.fields(names, roles),
            {**roles.words()},
            [dict(row) for row in sample],
            columns.consents(names),
        )

    def count(self, pieces: Pieces, layout: Mapping[str, Any]) -> int:
        """Every row is read once, so that a file that is broken is refused before it is kept."""
        return tables.count(pieces(), Layout(**layout))

    def pages(
        self, pieces: Pieces, layout: Mapping[str, Any], pull: Pull, zone: tzinfo, total: int
    ) -> Iterator[Page]:
        """The rows, in their order."""
        written, options = Layout(**layout), pull.options
        names = tables.columns(pieces(), written)
        roles = Roles(**{option.key: str(options.get(option.key, "")) for option in self.options})
        fields = [field.key for field in columns.fields(names, roles)]
        reading = Reading.of(roles, zone, fields)
        rows = tables.rows(pieces(), written)
        return table_rows.pages(rows, reading, pull.cursor, total)


def _layout(pieces: Pieces, known: Mapping[str, Any]) -> Layout:
    encoding = known.get("encoding") or encoding_of(pieces())
    start = list(islice(pieces(), 2))
    found = tables.layout_of(start[0] if start else b"", encoding, is_whole=len(start) < 2)
    return Layout(**{**asdict(found), **known, "encoding": encoding})


class Wxr:
    """WordPress' own export: Tools > Export."""

    key = "wxr"
    title = "WordPress export (WXR)"
    fields: tuple[SourceField, ...] = wxr_rows.FIELDS
    options: tuple[Option, ...] = wxr_rows.OPTIONS

    def look(self, pieces: Pieces, layout: Mapping[str, Any]) -> Portrait:
        """Who is in its beginning; XML says by itself how it is written."""
        first = islice(wxr_rows.pages(wxr.parts(pieces()), Pull(), 0), 1)
        rows = [row for page in first for row in page.rows][:_SAMPLE]
        sample = [{"email": row.email, **row.fields} for row in rows]
        return Portrait({}, [], {}, sample, ["consent"])

    def count(self, pieces: Pieces, layout: Mapping[str, Any]) -> int:
        """The whole file is read, so that one that was cut off is refused before it is kept."""
        return sum(1 for _ in wxr_rows.people(wxr.parts(pieces())))

    def pages(
        self, pieces: Pieces, layout: Mapping[str, Any], pull: Pull, zone: tzinfo, total: int
    ) -> Iterator[Page]:
        """Its people, in their order."""
        return wxr_rows.pages(wxr.parts(pieces()), pull, total)


KINDS: Mapping[str, Kind] = {kind.key: kind for kind in (Csv(), Wxr())}
