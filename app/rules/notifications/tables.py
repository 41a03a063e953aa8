"""HTML -> the rows of its innermost tables, and the text around them, in the order they end."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

from app.rules.mail import plain_text
from app.rules.notifications.lines import BOLD, PLAIN

#: More than that no notification has.
_MOST_DEPTH = 60
_MOST_ROWS = 2_000
_CLASS = re.compile(r"\s(?:class|id)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_LINES = re.compile(
    "address|article|aside|blockquote|br|caption|center|dd|div|dl|dt|fieldset|footer|form|h[1-6]"
    "|header|hr|li|main|ol|p|pre|section|ul"
)
_BOLD = re.compile("b|strong|th|h[1-6]|dt")
_UNSEEN = re.compile("head|style|script|title|template|svg|object")


@dataclass(slots=True)
class Cell:
    """A cell, or the text around tables. ``names``: its classes."""

    names: frozenset[str] = frozenset()
    is_head: bool = False
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What stands in it, with marks around what is bold."""
        lines = ("".join(self.pieces)).split("\n")
        return "\n".join(" ".join(line.split()) for line in lines).strip()

    @property
    def words(self) -> str:
        """What a person reads in it."""
        return self.text.replace(BOLD, "").replace(PLAIN, "").strip()

    @property
    def is_bold(self) -> bool:
        """Whether nothing in it is not bold."""
        return not re.sub(f"{BOLD}[^{PLAIN}]*(?:{PLAIN}|$)", "", self.text).strip(" \n:")


@dataclass(slots=True)
class Row:
    """A row of a table. ``names``: its classes."""

    names: frozenset[str] = frozenset()
    cells: list[Cell] = field(default_factory=list)


@dataclass(slots=True)
class Page:
    """A page: its rows, and every class and id that stands in it."""

    rows: list[Row]
    names: frozenset[str]


def read(html: str) -> Page:
    """The rows of a page; text outside of tables is the last one."""
    reader = _Reader()
    source = html.replace(BOLD, "").replace(PLAIN, "")
    for piece in plain_text.PIECE.finditer(plain_text.without_comments(source)):
        reader.take(piece)
    return Page(list(reader.end()), frozenset(reader.names))


class _Reader:
    """Takes tags in their order. ``_open``: the rows that are not over, the innermost last; None
    for a table without one yet.
    """

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._rows: list[Row] = []
        self._open: list[Row | None] = []
        self._page = Cell()
        self._unseen = ""

    def take(self, piece: re.Match[str]) -> None:
        """The next tag, or the next words."""
        tag, is_end = (piece[2] or "").lower(), bool(piece[1])
        if self._unseen:
            if (is_end and tag == self._unseen) or (tag == "body" and self._unseen == "head"):
                self._unseen = ""
        elif not tag:
            if not piece[0].startswith(("<!", "<?")):
                self._say(re.sub(r"\s", " ", unescape(piece[0])))
        elif is_end:
            self._end(tag)
        else:
            self._start(tag, " " + piece[3])

    def end(self) -> Iterator[Row]:
        """The rows, those that were never ended too."""
        while self._open:
            self._close_row()
            self._open.pop()
        yield from self._rows[:_MOST_ROWS]
        yield Row(cells=[self._page])

    def _start(self, tag: str, attributes: str) -> None:
        if _UNSEEN.fullmatch(tag):
            self._unseen = "" if attributes.endswith("/") else tag
            return
        names = _names(attributes)
        self.names |= names
        if tag == "table" and len(self._open) < _MOST_DEPTH:
            self._open.append(None)
        elif tag == "tr" and self._open:
            self._close_row()
            self._open[-1] = Row(names)
        elif tag in ("td", "th") and self._open:
            row = self._open[-1] = self._open[-1] or Row()
            row.cells.append(Cell(names, tag == "th"))
        elif _LINES.fullmatch(tag):
            self._say("\n")
        if _BOLD.fullmatch(tag):
            self._say(BOLD)

    def _end(self, tag: str) -> None:
        if _BOLD.fullmatch(tag):
            self._say(PLAIN)
        if tag == "table" and self._open:
            self._close_row()
            self._open.pop()
            self._say("\n")
        elif tag == "tr" and self._open:
            self._close_row()
        elif _LINES.fullmatch(tag):
            self._say("\n")

    def _close_row(self) -> None:
        row = self._open[-1]
        if row is not None and row.cells:
            self._rows.append(row)
        self._open[-1] = None

    def _say(self, words: str) -> None:
        """Into the innermost cell that is open."""
        for row in reversed(self._open):
            if row is not None and row.cells:
                row.cells[-1].pieces.append(words)
                return
        self._page.pieces.append(words)


def _names(attributes: str) -> frozenset[str]:
    found = (one[1] or one[2] or one[3] or "" for one in _CLASS.finditer(attributes))
    return frozenset(name for value in found for name in value.split()[:20])
