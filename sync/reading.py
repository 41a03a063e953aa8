"""Rows read by the rules of a connection: what they want, or why they are left out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from connectors import Incoming
from sync import consent, mapping
from sync.consent import ConsentRule
from sync.forms import Form, Forms
from sync.guard import Guard
from sync.mapping import AddressOf, Skipped, Wanted
from sync.merge import Terms


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was left out, or a value of one (``reason`` bad_value); ``detail``: a sentence.

    ``fields``: what the row said, as far as it helps to find out why.
    """

    source_id: str
    reason: str
    email: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is to do: how fields map, the connection's terms, and the guard (None: off).

    ``overwritten``: how much earlier parts of this sweep have overwritten already. ``forms``: how
    forms are read, None where the source has none. ``consent``: who may be written to, None where
    the source says it itself. ``kinds``: what fields of contacts hold that is not just text.
    """

    targets: Mapping[str, str]
    terms: Terms
    guard: Guard | None
    address_of: AddressOf
    overwritten: int = 0
    forms: Forms | None = None
    consent: ConsentRule | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)

    def form(self, key: str) -> Form | None:
        """How a row of a form is read; None for other rows."""
        return self.forms.of(key) if key and self.forms else None


def sort(rows: Iterable[Incoming], order: Order) -> tuple[list[Wanted], list[Rejected]]:
    """The rows that want something, and those that are left out."""
    wanted: list[Wanted] = []
    rejected: list[Rejected] = []
    for row in rows:
        found = read(row, order)
        if isinstance(found, Wanted):
            wanted.append(found)
        else:
            rejected.append(Rejected(row.source_id, found.reason, row.email, row.fields))
    return wanted, rejected


def read(row: Incoming, order: Order) -> Wanted | Skipped:
    """What a row wants by the rules of its form and of the connection, or why it is left out."""
    form = order.form(row.form) if row.form else None
    rule = order.consent
    if form:
        if not form.is_on:
            return Skipped(row.source_id, row.skip or "rejected_by_mapping")
        if form.email:
            row = replace(row, email=row.fields.get(form.email, ""))
        rule = form.consent or rule
    if rule:
        row = consent.judged(row, rule)
    targets = form.targets if form else order.targets
    return mapping.wanted(row, targets, order.address_of, order.kinds)


def rejected(wanted: Wanted, reason: str) -> Rejected:
    """A row that was read, and is left out all the same."""
    return Rejected(wanted.source_id, reason, wanted.email, wanted.fields)


def faults(wanted: Wanted) -> Iterable[Rejected]:
    """The values of a row that its fields could not take."""
    for fault in wanted.faults:
        said = {fault.target: fault.value}
        yield Rejected(wanted.source_id, "bad_value", wanted.email, said, fault.why)
