"""One run: page by page from a source to the store, each page whole or not at all."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol
from uuid import UUID

from connectors import (
    Choice,
    Connector,
    Cursor,
    Mark,
    Page,
    Pull,
    Site,
    SourceField,
    SourceForm,
)
from connectors.reading.frozen import frozen
from sync import ahead, merge, reading
from sync.forms import Forms
from sync.mapping import Wanted
from sync.merge import Create, Decision, Keep, Known, Refuse, Update
from sync.reading import Order, Rejected


@frozen
class Match:
    """What the store knows about a row.

    ``unchanged``: it said the same last time. ``duplicate``: another row of the source already
    stands for this address. ``refusal``: the closed status that its address has earned.
    ``is_noted``: another row says better or later who this is, so this one is only written down.
    ``lists``, ``tags``, ``left``: what the row's names mean here, and what it named before.
    ``is_full``: there is no room for anybody new.
    """

    known: Known | None = None
    unchanged: bool = False
    duplicate: bool = False
    refusal: str = ""
    is_noted: bool = False
    lists: frozenset[UUID] = frozenset()
    tags: frozenset[UUID] = frozenset()
    left: frozenset[UUID] = frozenset()
    is_full: bool = False


class Roster(Protocol):
    """The contacts that one page of rows may be about."""

    def match(self, wanted: Wanted) -> Match:
        """Whom ``wanted`` is about."""
        ...

    def note(self, decision: Decision) -> None:
        """Later rows of the same page are matched as if this were stored already."""
        ...

    def is_fresh(self, contact_id: UUID) -> bool:
        """Whether this very sweep made somebody, so that nothing older can be lost of her."""
        ...


@dataclass(slots=True)
class Tally:
    """The numbers of a page: seen = created + updated + kept + everything skipped.

    ``faults``: values that their fields could not take. ``overwritten``: how many lose something,
    of those that were here before this sweep.
    """

    seen: int = 0
    created: int = 0
    updated: int = 0
    kept: int = 0
    overwritten: int = 0
    faults: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Plan:
    """What one page changes; ``cursor`` is where to go on afterwards, None at the end.

    Rows that said the same last time are counted, but not among the decisions. ``mark``: what
    the run leaves behind at its end. ``total``: how many rows the source says it has; ``hidden``:
    how many of them it did not show.
    """

    decisions: Sequence[Decision]
    tally: Tally
    cursor: Cursor | None
    mark: Mark | None = None
    rejected: Sequence[Rejected] = ()
    total: int | None = None
    hidden: int = 0


class Store(Protocol):
    """The contacts as a run sees them. Who somebody is, is the store's question."""

    def page(
        self, rows: Sequence[Wanted], decide: Callable[[Roster], Plan], *, is_last: bool
    ) -> Plan:
        """Matches the rows, has them decided, and stores changes and cursor: both or neither.

        ``is_last``: no other page comes after it. ``decide`` may be called again when somebody
        else was faster. Raises what it raises, or what says that this run may not go on.
        """
        ...

    def learn(self, fields: Sequence[SourceField]) -> Mapping[str, str]:
        """Notes fields that the source turned out to have; where every field goes from now on."""
        ...

    def meet(self, forms: Sequence[SourceForm]) -> Forms:
        """Notes forms that the source turned out to have; how each is read from now on."""
        ...

    def offer(self, choices: Sequence[Choice]) -> None:
        """Notes options that the site turned out to offer."""
        ...


class Held(Exception):
    """The guard stopped the run; the message says why and how to go on."""


def run(
    connector: Connector,
    site: Site,
    store: Store,
    order: Order,
    pull: Pull,
    *,
    reads_ahead: Callable[[], bool] | None = None,
) -> None:
    """Pulls every page that ``pull`` wants. Raises Held and what site and store raise.

    ``reads_ahead``: the next page is read while one is stored, as long as this says so; which only
    suits a source that would say it again.
    """
    pages = connector.pages(site, pull)
    if reads_ahead is None:
        take(pages, store, order)
        return
    with ahead.reading(pages, reads_ahead) as each:
        take(each, store, order)


def take(pages: Iterable[Page], store: Store, order: Order) -> None:
    """Stores page after page. Raises Held, and what ``pages`` and ``store`` raise."""
    overwritten = order.overwritten
    for page in pages:
        if page.choices:
            store.offer(page.choices)
        if page.fields:
            order = replace(order, targets=store.learn(page.fields))
        if page.forms or (page.fields and order.forms):
            order = replace(order, forms=store.meet(page.forms))
        rows, rejected = reading.sort(page.rows, order)
        decided = partial(decide, rows, rejected, page, order, overwritten)
        plan = store.page(rows, decided, is_last=page.cursor is None)
        overwritten += plan.tally.overwritten


def decide(
    rows: Iterable[Wanted],
    rejected: Sequence[Rejected],
    page: Page,
    order: Order,
    overwritten: int,
    roster: Roster,
) -> Plan:
    """What becomes of a page's rows. Raises Held when it is too much."""
    decisions: list[Decision] = []
    left_out = list(rejected)
    tally = Tally(len(left_out), skipped=Counter(one.reason for one in left_out))
    for wanted in rows:
        tally.seen += 1
        found = roster.match(wanted)
        if found.unchanged:
            tally.kept += 1
        elif why := _why_not(wanted, found):
            tally.skipped[why] += 1
            left_out.append(reading.rejected(wanted, why))
        else:
            decision = _decide(wanted, found, order)
            roster.note(decision)
            decisions.append(decision)
            _count(decision, roster, tally, left_out)
    if order.guard and (why := order.guard.objection(overwritten, tally.overwritten)):
        raise Held(why)
    return Plan(decisions, tally, page.cursor, page.mark, left_out, page.total, page.hidden)


def _why_not(wanted: Wanted, found: Match) -> str:
    """Why somebody is left out who was read well."""
    if found.duplicate:
        return "duplicate"
    return "over_allocation" if found.is_full and not found.known and not wanted.skip else ""


def _decide(wanted: Wanted, found: Match, order: Order) -> Decision:
    terms, form = order.terms, order.form(wanted.form) if wanted.form else None
    if found.lists or found.tags or found.left or form:
        lists, tags = terms.lists | found.lists, terms.tags | found.tags
        left = found.left - terms.lists - terms.tags
        if form:
            lists, tags, left = lists | form.lists, tags | form.tags, left | form.leaves
        if lists or tags or left:
            terms = replace(terms, lists=lists, tags=tags, left=left - lists - tags)
    if found.is_noted and found.known:
        names = form or found.lists or found.tags
        return merge.gather(wanted, found.known, terms) if names else Keep(found.known.id, wanted)
    return merge.decide(wanted, found.known, terms, found.refusal)


def _count(decision: Decision, roster: Roster, tally: Tally, left_out: list[Rejected]) -> None:
    if decision.wanted.faults:
        tally.faults += len(decision.wanted.faults)
        left_out += reading.faults(decision.wanted)
    match decision:
        case Create():
            tally.created += 1
        case Update():
            tally.updated += 1
            tally.overwritten += decision.overwrites and not roster.is_fresh(decision.id)
        case Keep() if decision.wanted.purchase:
            tally.updated += 1  # what she bought in all is another sum now
        case Keep():
            tally.kept += 1
        case Refuse():
            tally.skipped[decision.wanted.skip] += 1
            left_out.append(reading.rejected(decision.wanted, decision.wanted.skip))
