"""Through the pages of a listing while people come and go at the site."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors import Cursor, Incoming, Mark, Page, Pull, SourceField, SourceForm

Row = Mapping[str, Any]
#: A total that goes up and down, as two caches might say it, must not keep a walk from its end.
MOST_STEPS_BACK = 20


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page as the source gave it: rows with their numbers, and what it says there is."""

    rows: Sequence[tuple[int, Row]]
    total: int
    pages: int

    def hidden(self, page: int, per_page: int) -> int:
        """How many rows of this page the source counts, and leaves out without a word; 0 where it
        has another idea of how long a page is.
        """
        is_alike = self.pages == -(-self.total // per_page)
        due = min(per_page, self.total - (page - 1) * per_page)
        return max(0, due - len(self.rows)) if is_alike else 0


@dataclass(frozen=True, slots=True)
class Step:
    """Rows to store together; ``at`` is where the walk goes on, None at its end. ``hidden``: how
    many rows were counted here and not shown.
    """

    rows: tuple[Incoming, ...]
    at: dict[str, Any] | None
    total: int
    hidden: int = 0


#: Reads the page of a number, from 1.
Read = Callable[[int], Sheet]
#: Says some rows in our words.
Say = Callable[[Sequence[tuple[int, Row]]], tuple[Incoming, ...]]


def upwards(read: Read, say: Say, at: Cursor | None, per_page: int) -> Iterator[Step]:
    """By number, the lowest first, up to the number of pages that the source reports.

    A page may be short or empty before the end. When the total shrinks between two pages, rows
    have moved up into a page that was read already: it goes back that far. No number is given
    out twice.
    """
    here = dict(at or {"page": 1, "last": 0, "total": 0})
    for sheet in _sheets(read, here, per_page):
        rows = {number: row for number, row in sheet.rows if number > here["last"]}
        here["last"] = max([here["last"], *rows])
        hidden = _hidden(sheet, here, per_page)
        more = here["page"] <= sheet.pages
        yield Step(say(sorted(rows.items())), dict(here) if more else None, sheet.total, hidden)
        if not more:
            return


def _hidden(sheet: Sheet, here: dict[str, Any], per_page: int) -> int:
    """How many rows a page lacks; a page that is read once more after rows moved up counts once."""
    page, counted = here["page"] - 1, here.get("counted", 0)
    here["counted"] = max(page, counted)
    return sheet.hidden(page, per_page) if page > counted else 0


def downwards(
    read: Read, say: Say, at: Cursor | None, per_page: int, is_known: Callable[[int, Row], bool]
) -> Iterator[Step]:
    """The newest first, until a row that ``is_known`` already, or the end.

    What comes in meanwhile moves rows on to the next page: these are said again.
    """
    here = dict(at or {"page": 1, "total": 0})
    for sheet in _sheets(read, here, per_page):
        fresh = [(number, row) for number, row in sheet.rows if not is_known(number, row)]
        more = here["page"] <= sheet.pages and len(fresh) == len(sheet.rows)
        yield Step(say(fresh[::-1]), dict(here) if more else None, sheet.total)
        if not more:
            return


def _sheets(read: Read, here: dict[str, Any], per_page: int) -> Iterator[Sheet]:
    """Page after page; ``here`` is moved on before each is given out."""
    steps_back = MOST_STEPS_BACK
    while True:
        sheet = read(here["page"])
        gone, here["total"] = here["total"] - sheet.total, sheet.total
        if gone > 0 and here["page"] > 1 and steps_back:
            steps_back -= 1
            here["page"] = max(1, here["page"] - 1 - gone // per_page)
            continue
        here["page"] += 1
        yield sheet


#: One listing of a source: goes on where it was left.
Part = Callable[[Cursor | None], Iterator[Step]]


class Noticed:
    """Fields and forms that only turn up in the rows; each is told once."""

    def __init__(self, known: Iterable[SourceField] = ()) -> None:
        self._known = {field.key for field in known}
        self._fresh: list[SourceField] = []
        self._forms: dict[str, SourceForm] = {}
        self._fresh_forms: list[SourceForm] = []

    def see(self, key: str, label: str, target: str = "") -> str:
        """Notes a field; gives back its key."""
        if key not in self._known:
            self._known.add(key)
            self._fresh.append(SourceField(key, label or key, target))
        return key

    def meet(self, form: str, title: str) -> None:
        """Notes a form."""
        if form and form not in self._forms:
            self._forms[form] = SourceForm(form, title or form)
            self._fresh_forms.append(self._forms[form])

    def fresh_forms(self) -> tuple[SourceForm, ...]:
        """Forms met since this was asked last."""
        found, self._fresh_forms = tuple(self._fresh_forms), []
        return found

    def fresh(self) -> tuple[SourceField, ...]:
        """Those seen since this was asked last."""
        found, self._fresh = tuple(self._fresh), []
        return found


def through(
    parts: Sequence[Part], pull: Pull, begin: Callable[[], Mark], noticed: Noticed
) -> Iterator[Page]:
    """The pages of several listings, one after the other.

    The mark is what ``begin`` says before anything is read: what changes while this run goes on
    is found by the next one.
    """
    start = pull.cursor or {"part": 0, "at": None, "mark": begin()}
    for number in range(start["part"], len(parts)):
        for step in parts[number](start["at"] if number == start["part"] else None):
            following = number if step.at else number + 1
            is_last = following == len(parts)
            cursor = {"part": following, "at": step.at, "mark": start["mark"]}
            yield Page(
                step.rows,
                None if is_last else cursor,
                step.total,
                mark=start["mark"] if is_last else None,
                fields=noticed.fresh(),
                forms=noticed.fresh_forms(),
                hidden=step.hidden,
            )


#: Reads a page of so many rows, the lowest number first ("ASC") or the highest ("DESC").
ReadSorted = Callable[[str, int, int], Sheet]


def by_number(
    read: ReadSorted, say: Say, pull: Pull, noticed: Noticed, per_page: int
) -> Iterator[Page]:
    """Every row, or those that came in since the mark, which is the highest number so far: for
    rows that are written once, such as submissions.
    """

    def everything(at: Cursor | None) -> Iterator[Step]:
        return upwards(lambda page: read("ASC", page, per_page), say, at, per_page)

    def added(at: Cursor | None) -> Iterator[Step]:
        last = (pull.since or {}).get("id", 0)
        newest_first = lambda page: read("DESC", page, per_page)  # noqa: E731
        return downwards(newest_first, say, at, per_page, lambda number, _: number <= last)

    def newest() -> Mark:
        rows = read("DESC", 1, 1).rows
        return {"id": rows[0][0] if rows else 0}

    return through([added if pull.since else everything], pull, newest, noticed)
