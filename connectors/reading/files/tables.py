"""Tables in files (CSV): with any delimiter, in any encoding, row by row."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from connectors.reading.files.texts import Broken, decoded, lines
from connectors.reading.values import is_address

DELIMITERS = (",", ";", "\t", "|")
#: Columns after these are not read.
MOST_COLUMNS = 500
#: A longer cell is a quotation mark that was never closed.
LONGEST_CELL = 1_000_000
_LONGEST_NAME = 100
#: So much of a file tells how it is written.
_HEAD = 64_000
_SAMPLE = 50

csv.field_size_limit(LONGEST_CELL)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is written."""

    encoding: str
    delimiter: str
    has_header: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A row that says something, by its ``number`` in the table as spreadsheets count it.

    ``is_torn``: it has more cells than there are columns.
    """

    number: int
    cells: Mapping[str, str]
    is_torn: bool = False


def layout_of(head: bytes, encoding: str, *, is_whole: bool) -> Layout:
    """How a table is written that begins like this."""
    text = "".join(decoded([head], encoding))[:_HEAD]
    found = list(lines([text]))
    if not is_whole and len(found) > 1:
        found.pop()  # it may have been cut in two
    delimiter = _named(found) or max(DELIMITERS, key=lambda one: _fitness(found, one))
    first = next(_sample(found, delimiter), [])
    return Layout(encoding, delimiter, has_header=not any(map(is_address, first)))


def _named(found: list[str]) -> str:
    """The delimiter that a first line for Excel names ("sep=;")."""
    first = found[0].strip() if found else ""
    return first[4] if first.lower().startswith("sep=") and len(first) == 5 else ""


def _fitness(found: list[str], delimiter: str) -> tuple[float, int]:
    """How well a delimiter fits: in how many rows there are as many cells as in the first."""
    rows = list(_sample(found, delimiter))
    width = len(rows[0]) if rows else 0
    fitting = sum(len(row) == width for row in rows)
    return (round(fitting / len(rows), 1), width) if width > 1 else (0.0, 0)


def _sample(found: list[str], delimiter: str) -> Iterator[list[str]]:
    start = 1 if _named(found) else 0
    try:
        rows = csv.reader(found[start:], delimiter=delimiter)
        yield from islice((row for row in rows if any(row)), _SAMPLE)
    except csv.Error:
        return


def columns(pieces: Iterable[bytes], layout: Layout) -> list[str]:
    """The names of the columns; those that have none, or the same, are numbered."""
    first = next((cells for _, cells in _records(pieces, layout)), [])
    return _names(first, layout)


def rows(pieces: Iterable[bytes], layout: Layout) -> Iterator[Row]:
    """The rows that say anything. Raises Broken."""
    names: list[str] = []
    for number, cells in _records(pieces, layout):
        if not names:
            names = _names(cells, layout)
            if layout.has_header:
                continue
        width = len(names)
        is_torn = MOST_COLUMNS > width < len(cells) and bool("".join(cells[width:]).strip())
        yield Row(number, dict(zip(names, cells, strict=False)), is_torn)


def count(pieces: Iterable[bytes], layout: Layout) -> int:
    """How many rows say anything. Raises Broken."""
    found = sum(1 for _ in _records(pieces, layout))
    return max(0, found - layout.has_header)


def _names(cells: list[str], layout: Layout) -> list[str]:
    names: dict[str, None] = {}
    for number, cell in enumerate(cells[:MOST_COLUMNS], 1):
        name = _readable(cell) if layout.has_header else ""
        name = name or f"Column {number}"
        again = 1
        while name in names:
            again += 1
            name = f"{_readable(cell) or 'Column'} ({again})"
        names[name] = None
    return list(names)


def _readable(cell: str) -> str:
    shown = "".join(letter if letter.isprintable() else " " for letter in cell)
    return " ".join(shown.split())[:_LONGEST_NAME].strip()


def _records(pieces: Iterable[bytes], layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty with their numbers. Raises Broken."""
    fed = _Feed(lines(decoded(pieces, layout.encoding)))
    reader, number = csv.reader(fed, delimiter=layout.delimiter), 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise _unclosed(number + 1) from None
        number += 1
        if fed.is_over:
            raise _unclosed(number)
        if number == 1 and _named([layout.delimiter.join(cells)]):
            continue
        if "".join(cells).strip():
            yield number, cells


def _unclosed(number: int) -> Broken:
    return Broken(
        f'In row {number} a quotation mark (") is opened and never closed: mend that row, or '
        "export the file again."
    )


class _Feed:
    """Lines for the reader; ``is_over`` once it wanted more than there are, in a row or after."""

    def __init__(self, found: Iterator[str]) -> None:
        self._found = found
        self.is_over = False

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = next(self._found, None)
        if line is None:
            self.is_over = True
            raise StopIteration
        return line
