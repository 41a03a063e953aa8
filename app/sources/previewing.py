"""One real row of a source, read now: what would become of it; nothing is stored."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app import ids
from app.contacts import fields as contact_fields
from app.errors import Conflict, NotFound
from app.rules import email_address
from app.runtime import Runtime
from app.sources import connections, previewed_groups, settling
from app.sources import forms as forms_of
from app.sources.agents import enrolling, trying
from app.sources.models import Connection, FormRow, Site
from app.sources.runs import claiming
from app.sources.runs.progress import Numbers, Progress
from app.sources.runs.trial import TrialStore
from app.sources.sites.way_in import open_site
from app.sources.webhooks.inbox import is_here, reader_of
from connectors import Incoming, Page, Pull, SourceField
from sync import forms as reading_forms
from sync import mapping, reading
from sync import run as pulling
from sync.mapping import Skipped, Wanted
from sync.merge import Create, Decision, Known, Refuse, Update
from sync.reading import Order
from wp_bridge import root
from wp_bridge.errors import AskTheOwner, NotUnderstood, TryLater

#: Somebody waits for it.
_PATIENCE = 20.0
_MOST_PAGES = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """Which row: of a ``form``, or any; after ``skip`` others. ``mapping``: as it might be."""

    form: str = ""
    skip: int = 0
    mapping: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What became of the row: a decision, or why it is left out. ``known``: the contact it met."""

    row: Incoming
    read: Wanted | Skipped
    decision: Decision | None
    reason: str
    known: Known | None


def preview(
    runtime: Runtime, workspace_id: UUID, connection_id: UUID, asked: Asked
) -> dict[str, Any]:
    """What would become of a row. Raises NotFound, Invalid, and Conflict when the site is not well.

    The site is asked between two transactions: none may wait for a stranger.
    """
    with runtime.database.reading() as session:
        connection = connections.get(session, workspace_id, connection_id)
        site = session.get_one(Site, connection.site_id)
        is_far = enrolling.reads(session, site.id) and not is_here(connection.source)
    if is_far:
        row, fresh = _chosen(list(_some(trying.newest(runtime, connection_id), asked)), asked)
    else:
        row, fresh = _row(runtime, connection, site, asked)
    with runtime.database.reading() as session:
        connection = connections.get(session, workspace_id, connection_id)
        order = _order(session, connection, row, fresh, asked)
        groups = previewed_groups.brought(session, row, order)
    found = _decided(runtime, connection, row, order)
    return _shown(found, order, connections.fields(connection), groups)


def _row(
    runtime: Runtime, connection: Connection, where: Site, asked: Asked
) -> tuple[Incoming, Sequence[SourceField]]:
    """The row, and the fields that turned up with it."""
    connector = reader_of(runtime, connection.source, connection.id, is_kept=True, is_shown=True)
    if connector is None:
        raise Conflict("The connector of this connection is not installed (any more).")
    pull = Pull(options=connections.options(connection))
    site = open_site(runtime, where, seconds=_PATIENCE)
    try:
        if not (site.rest_root or is_here(connection.source)):
            root.find(site)
        pages = list(_some(connector.pages(site, pull), asked))
    except (TryLater, AskTheOwner, NotUnderstood) as trouble:
        raise Conflict(trouble.sentence) from None
    finally:
        site.close()
    return _chosen(pages, asked)


def _chosen(pages: Sequence[Page], asked: Asked) -> tuple[Incoming, Sequence[SourceField]]:
    rows = [row for page in pages for row in page.rows if asked.form in ("", row.form)]
    if len(rows) <= asked.skip:
        raise NotFound(
            f"Among the first rows of the source only {len(rows)} are such rows."
            if rows
            else "None of the first rows of the source is such a row."
        )
    return rows[asked.skip], [field for page in pages for field in page.fields]


def _some(pages: Iterable[Page], asked: Asked) -> Iterator[Page]:
    """As many pages as it takes to find the row."""
    found = 0
    for page in islice(pages, _MOST_PAGES):
        yield page
        found += sum(1 for row in page.rows if asked.form in ("", row.form))
        if found > asked.skip:
            return


def _order(
    session: Session,
    connection: Connection,
    row: Incoming,
    fresh: Iterable[SourceField],
    asked: Asked,
) -> Order:
    """How the row is read, with the mapping as it might be."""
    session.expunge(connection)
    shown = [{"key": one.key, "label": one.label, "target": one.target} for one in fresh]
    connection.learned = [*shown, *connection.learned]
    fields = connections.fields(connection)
    made = {one.target for one in fields if one.target and one.key not in connection.mapping}
    known = connections.targets(session, connection.workspace_id) | made
    if asked.mapping is not None:
        settling.check_mapping(asked.mapping, settling.Known({one.key for one in fields}, known))
    if asked.mapping is not None and not row.form:
        connection.mapping = dict(asked.mapping)
    drafts = {row.form: _draft(session, connection, row.form, asked)} if row.form else {}
    rules = forms_of.rules(session, connection, drafts)
    return Order(
        mapping.targets(fields, connection.mapping, known),
        claiming.terms_of(session, connection, rules),
        None,
        email_address.normal,
        forms=rules.forms,
        consent=rules.consent,
        kinds=contact_fields.kinds(session, connection.workspace_id),
    )


def _draft(session: Session, connection: Connection, key: str, asked: Asked) -> dict[str, Any]:
    form = session.get(FormRow, (connection.id, key))
    rule = reading_forms.whole(form.rule if form else None, connection.form_rule)
    return rule if asked.mapping is None else {**rule, "mapping": dict(asked.mapping)}


def _decided(runtime: Runtime, connection: Connection, row: Incoming, order: Order) -> Found:
    read = reading.read(row, order)
    if isinstance(read, Skipped):
        return Found(row, read, None, read.reason, None)
    now, nobody = runtime.now(), ids.new_id()
    store = TrialStore(
        runtime.database,
        connection.workspace_id,
        Progress(nobody, nobody, connection.id, "wordpress", Numbers(), now, 0, 0),
        order.terms,
        now=runtime.now,
        stop=lambda: False,
        everybody=True,
    )
    decide = partial(pulling.decide, [read], [], Page((), None), order, 0)
    plan, _, before = store.imagine([read], decide)
    decision = plan.decisions[0] if plan.decisions else None
    reason = next(iter(plan.tally.skipped), "")
    who = None if decision is None or isinstance(decision, Create | Refuse) else decision.id
    return Found(row, read, decision, reason, before.get(who) if who else None)


def _shown(
    found: Found,
    order: Order,
    fields: Iterable[SourceField],
    groups: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    row, decision = found.row, found.decision
    comes_in = decision is not None and not isinstance(decision, Refuse)
    form = order.form(row.form)
    targets = form.targets if form else order.targets
    outcome = found.reason or (type(decision).__name__.lower() if decision else "keep")
    labels = {one.key: one.label for one in fields}
    return {
        "source_id": row.source_id,
        "email": mapping.storable(row.email),
        "form": row.form,
        "outcome": outcome,
        "contact_id": found.known.id if found.known else None,
        "status": _status(found),
        "fields": [
            _field(key, labels.get(key, key), raw, targets.get(key, ""), found)
            for key, raw in row.fields.items()
        ],
        "lists": list(groups["lists"]) if comes_in else [],
        "tags": list(groups["tags"]) if comes_in else [],
        "consents": list(row.consents if isinstance(found.read, Skipped) else found.read.consents),
    }


def _status(found: Found) -> str:
    said = getattr(found.decision, "status", "")
    return said or (found.known.status if found.known else "")


def _field(key: str, label: str, raw: str, target: str, found: Found) -> dict[str, Any]:
    """Where a value goes, in which form, and whether it would be written."""
    read = found.read if isinstance(found.read, Wanted) else None
    fault = next((one for one in read.faults if one.target == target), None) if read else None
    value = read.fields.get(target, "") if read and target else ""
    written = isinstance(found.decision, Create) or (
        isinstance(found.decision, Update) and target in found.decision.fields
    )
    return {
        "key": key,
        "label": label,
        "raw": mapping.storable(raw),
        "target": target,
        "value": value,
        "error": f"It {fault.why}." if fault else "",
        "known": found.known.fields.get(target, "") if found.known else "",
        "is_written": bool(value) and written,
    }
