"""One run: page by page from a source to the store, each page whole or not at all."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol
from uuid import UUID

from connectors import (
    Connector,
    Cursor,
    Incoming,
    Mark,
    Page,
    Pull,
    Site,
    SourceField,
    SourceForm,
)
from sync import consent, mapping, merge
from sync.consent import ConsentRule
from sync.forms import Form, Forms
from sync.guard import Guard
from sync.mapping import AddressOf, Skipped, Wanted
from sync.merge import Create, Decision, Keep, Known, Refuse, Terms, Update


@dataclass(frozen=True, slots=True)
class Match:
    """What the store knows about a row.

    ``unchanged``: it said the same last time. ``duplicate``: another row of the source already
    stands for this address. ``refusal``: the closed status that its address has earned.
    ``is_noted``: another row says better or later who this is, so this one is only written down.
    ``lists``, ``tags``, ``left``: what the row's names mean here, and what it named before.
    """

    known: Known | None = None
    unchanged: bool = False
    duplicate: bool = False
    refusal: str = ""
    is_noted: bool = False
    lists: frozenset[UUID] = frozenset()
    tags: frozenset[UUID] = frozenset()
    left: frozenset[UUID] = frozenset()


class Roster(Protocol):
    """The contacts that one page of rows may be about."""

    def match(self, wanted: Wanted) -> Match:
        """Whom ``wanted`` is about."""
        ...

    def note(self, decision: Decision) -> None:
        """Later rows of the same page are matched as if this were stored already."""
        ...


@dataclass(slots=True)
class Tally:
    """The numbers of a page: seen = created + updated + kept + everything skipped."""

    seen: int = 0
    created: int = 0
    updated: int = 0
    kept: int = 0
    overwritten: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Plan:
    """What one page changes; ``cursor`` is where to go on afterwards, None at the end.

    Rows that said the same last time are counted, but not among the decisions. ``mark``: what
    the run leaves behind at its end.
    """

    decisions: Sequence[Decision]
    tally: Tally
    cursor: Cursor | None
    mark: Mark | None = None


class Store(Protocol):
    """The contacts as a run sees them. Who somebody is, is the store's question."""

    def page(self, rows: Sequence[Wanted], decide: Callable[[Roster], Plan]) -> Plan:
        """Matches the rows, has them decided, and stores changes and cursor: both or neither.

        Raises what ``decide`` raises, or what says that this run may not go on. ``decide`` may
        be called again when somebody else was faster.
        """
        ...

    def learn(self, fields: Sequence[SourceField]) -> Mapping[str, str]:
        """Notes fields that the source turned out to have; where every field goes from now on."""
        ...

    def meet(self, forms: Sequence[SourceForm]) -> Forms:
        """Notes forms that the source turned out to have; how each is read from now on."""
        ...


class Held(Exception):
    """The guard stopped the run; the message says why and how to go on."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is to do: how fields map, the connection's terms, and the guard (None: off).

    ``overwritten``: how much earlier parts of this sweep have overwritten already. ``forms``: how
    forms are read, None where the source has none. ``consent``: who may be written to, None where
    the source says it itself.
    """

    targets: Mapping[str, str]
    terms: Terms
    guard: Guard | None
    address_of: AddressOf
    overwritten: int = 0
    forms: Forms | None = None
    consent: ConsentRule | None = None

    def form(self, key: str) -> Form | None:
        """How a row of a form is read; None for other rows."""
        return self.forms.of(key) if key and self.forms else None


def run(connector: Connector, site: Site, store: Store, order: Order, pull: Pull) -> None:
    """Pulls every page that ``pull`` wants. Raises Held and what site and store raise."""
    overwritten = order.overwritten
    for page in connector.pages(site, pull):
        if page.fields:
            order = replace(order, targets=store.learn(page.fields))
        if page.forms or (page.fields and order.forms):
            order = replace(order, forms=store.meet(page.forms))
        rows, skipped = _sort(page.rows, order)
        plan = store.page(rows, partial(decide, rows, skipped, page, order, overwritten))
        overwritten += plan.tally.overwritten


def decide(
    rows: Iterable[Wanted],
    skipped: Counter[str],
    page: Page,
    order: Order,
    overwritten: int,
    roster: Roster,
) -> Plan:
    """What becomes of a page's rows. Raises Held when it is too much."""
    decisions: list[Decision] = []
    tally = Tally(seen=skipped.total(), skipped=Counter(skipped))
    for wanted in rows:
        tally.seen += 1
        found = roster.match(wanted)
        if found.duplicate:
            tally.skipped["duplicate"] += 1
        elif found.unchanged:
            tally.kept += 1
        else:
            decision = _decide(wanted, found, order)
            roster.note(decision)
            decisions.append(decision)
            _count(decision, tally)
    if order.guard and (why := order.guard.objection(overwritten, tally.overwritten)):
        raise Held(why)
    return Plan(decisions, tally, page.cursor, page.mark)


def _decide(wanted: Wanted, found: Match, order: Order) -> Decision:
    terms, form = order.terms, order.form(wanted.form)
    if found.lists or found.tags or found.left or form:
        lists, tags = terms.lists | found.lists, terms.tags | found.tags
        left = found.left - terms.lists - terms.tags
        if form:
            lists, tags, left = lists | form.lists, tags | form.tags, left | form.leaves
        terms = replace(terms, lists=lists, tags=tags, left=left - lists - tags)
    if found.is_noted and found.known:
        names = form or found.lists or found.tags
        return merge.gather(wanted, found.known, terms) if names else Keep(found.known.id, wanted)
    return merge.decide(wanted, found.known, terms, found.refusal)


def _count(decision: Decision, tally: Tally) -> None:
    match decision:
        case Create():
            tally.created += 1
        case Update():
            tally.updated += 1
            tally.overwritten += decision.overwrites
        case Keep() if decision.wanted.purchase:
            tally.updated += 1  # what she bought in all is another sum now
        case Keep():
            tally.kept += 1
        case Refuse():
            tally.skipped[decision.wanted.skip] += 1


def _sort(rows: Iterable[Incoming], order: Order) -> tuple[list[Wanted], Counter[str]]:
    wanted: list[Wanted] = []
    skipped: Counter[str] = Counter()
    for row in rows:
        found = read(row, order)
        if isinstance(found, Wanted):
            wanted.append(found)
        else:
            skipped[found.reason] += 1
    return wanted, skipped


def read(row: Incoming, order: Order) -> Wanted | Skipped:
    """What a row wants by the rules of its form and of the connection, or why it is left out."""
    form, rule = order.form(row.form), order.consent
    if form:
        if not form.is_on:
            return Skipped(row.source_id, row.skip or "rejected_by_mapping")
        if form.email:
            row = replace(row, email=row.fields.get(form.email, ""))
        rule = form.consent or rule
    if rule:
        row = consent.judged(row, rule)
    return mapping.wanted(row, form.targets if form else order.targets, order.address_of)
