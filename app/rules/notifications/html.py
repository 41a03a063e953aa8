"""Fields in an HTML mail: rows of a label and a value, labels above values, bold labels."""

from collections.abc import Sequence

from app.rules.notifications import lines
from app.rules.notifications.entries import LONGEST_LABEL, Entry, cleaned
from app.rules.notifications.tables import Cell, Page, Row

#: How plugins call the cell or row of a label, and that of a value.
_LABELS, _VALUES = frozenset({"field-name", "field-label"}), frozenset({"field-value"})
#: What a plugin calls the type of a field, after "field-", and what it is in our words.
_KINDS = {
    "email": "email",
    "name": "name",
    "phone": "phone",
    "address": "address",
    "gdpr-checkbox": "consent",
}


def fields(page: Page) -> tuple[list[Entry], list[Entry]]:
    """The fields in the tables of a page, and those in texts."""
    rows = [_shown(row) for row in page.rows]
    rows = [row for row in rows if row.cells]
    found: list[Entry] = []
    texts: list[Entry] = []
    at = 0
    while at < len(rows):
        entry, taken = _field(rows, at)
        if entry:
            found.append(entry)
        elif not taken:
            texts += [one for cell in rows[at].cells for one in lines.fields(cell.text)]
        at += taken or 1
    return found, texts


def _shown(row: Row) -> Row:
    """A row without cells that only make room; a value that is empty is none of them."""
    if row.names & _VALUES or (len(row.cells) <= 2 and any(cell.words for cell in row.cells)):
        return row
    return Row(row.names, [cell for cell in row.cells if cell.words or cell.names & _VALUES])


def _field(rows: Sequence[Row], at: int) -> tuple[Entry | None, int]:
    """The field that begins with a row, and how many rows it takes."""
    row = rows[at]
    first = row.cells[0]
    if len(row.cells) == 2 and _may_be_label(first):
        return Entry(cleaned(first.words), row.cells[1].words, _kind(row, row.cells[1])), 1
    if len(row.cells) != 1 or not _is_label(row, first):
        return None, 0
    following = rows[at + 1] if at + 1 < len(rows) else None
    if following is None or len(following.cells) != 1 or _is_next_label(row, following):
        return (Entry(cleaned(first.words), ""), 1) if _is_marked(row, first) else (None, 0)
    value = following.cells[0]
    return Entry(cleaned(first.words), value.words, _kind(following, value)), 2


def _is_marked(row: Row, cell: Cell) -> bool:
    """Whether a plugin says itself that this is a label."""
    return bool((cell.names | row.names) & _LABELS) and not cell.names & _VALUES


def _is_label(row: Row, cell: Cell) -> bool:
    if cell.names & _VALUES or row.names & _VALUES:
        return False
    return _may_be_label(cell) and (_is_marked(row, cell) or cell.is_head or cell.is_bold)


def _is_next_label(row: Row, following: Row) -> bool:
    """A value may be bold, too: where labels are marked, only what is marked is one."""
    cell = following.cells[0]
    if _is_marked(row, row.cells[0]):
        return _is_marked(following, cell)
    return _is_label(following, cell)


def _may_be_label(cell: Cell) -> bool:
    words = cell.words
    return bool(cleaned(words)) and "\n" not in words and len(words) <= LONGEST_LABEL


def _kind(row: Row, cell: Cell) -> str:
    """What a plugin says about the type of a field."""
    names = {name.removeprefix("field-") for name in row.names | cell.names if "field-" in name}
    return next((kind for name, kind in _KINDS.items() if name in names - {"value"}), "")
