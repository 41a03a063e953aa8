"""The forms of a source: met in its rows, read by the rules that people gave them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import MailingList, Tag
from app.db import Page, insert, page
from app.errors import NotFound
from app.sources import connections, settling
from app.sources.models import Connection, FormRow
from connectors import SourceForm
from sync import forms as reading
from sync import mapping
from sync.consent import ConsentRule
from sync.forms import RULE, Forms
from sync.policy import Policy

#: A site with more forms than this has something else wrong with it.
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Rules:
    """What a connection's settings say about its rows.

    ``groups``: the lists and tags that forms give or take. ``print``: another one whenever a
    rule is another, "" while nothing was set; rows that stay the same have to follow then.
    """

    forms: Forms
    consent: ConsentRule | None
    policy: Policy | None
    groups: frozenset[UUID]
    print: str


def rules(
    session: Session, connection: Connection, drafts: Mapping[str, dict[str, Any]] | None = None
) -> Rules:
    """The rules of a connection as they are now; ``drafts``: those of forms as they might be."""
    rows = session.scalars(select(FormRow).where(FormRow.connection_id == connection.id)).all()
    said = {row.key: reading.whole(row.rule, connection.form_rule) for row in rows}
    said |= drafts or {}
    default = reading.whole(None, connection.form_rule)
    groups = _existing(session, connection.workspace_id, [*said.values(), default])
    has_policy = connection.policy != "site_wins" or connection.policies
    return Rules(
        _read(session, connection, said, default, groups),
        ConsentRule.read(connection.consent),
        Policy(connection.policy, connection.policies) if has_policy else None,
        groups,
        _print(connection, rows),
    )


def _read(
    session: Session,
    connection: Connection,
    said: dict[str, dict[str, Any]],
    default: dict[str, Any],
    groups: frozenset[UUID],
) -> Forms:
    fields = connections.fields(connection)
    known = connections.targets(session, connection.workspace_id)

    def form(key: str, rule: dict[str, Any]) -> reading.Form:
        own = reading.fields_of(key, fields)
        return reading.read_by(rule, own, connection.mapping, known, groups)

    return Forms({key: form(key, rule) for key, rule in said.items()}, form("", default))


def meet(session: Session, connection_id: UUID, forms: Iterable[SourceForm], now: datetime) -> None:
    """Notes forms that a source turned out to have, and what they are called now."""
    known = dict(
        session.execute(
            select(FormRow.key, FormRow.title).where(FormRow.connection_id == connection_id)
        ).all()
    )
    rows: list[dict[str, Any]] = [
        {"connection_id": connection_id, "key": form.key, "title": title, "met_at": now}
        for form in forms
        if (title := mapping.storable(form.title)) != known.get(form.key)
        and (form.key in known or len(known) < _MOST)
    ]
    if rows:
        statement = insert(session, FormRow).values(rows)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["connection_id", "key"], set_={"title": statement.excluded.title}
            )
        )


def get(session: Session, workspace_id: UUID, connection_id: UUID, key: str) -> FormRow:
    """A form of a connection. Raises NotFound."""
    connections.get(session, workspace_id, connection_id)
    found = session.get(FormRow, (connection_id, key)) if key.isprintable() else None
    if found is None:
        raise NotFound("The connection has met no such form: forms turn up in a run.")
    return found


def listed(
    session: Session, workspace_id: UUID, connection_id: UUID, *, number: int, per_page: int
) -> Page[dict[str, Any]]:
    """The forms of a connection by their keys, as they are shown."""
    connection = connections.get(session, workspace_id, connection_id)
    query = select(FormRow).where(FormRow.connection_id == connection_id).order_by(FormRow.key)
    return page(session, query, page=number, per_page=per_page).map(
        lambda form: portrait(connection, form)
    )


def portrait(connection: Connection, form: FormRow) -> dict[str, Any]:
    """A form with what holds for it, and where each of its fields goes."""
    rule = reading.whole(form.rule, connection.form_rule)
    chosen = {**connection.mapping, **rule["mapping"]}
    own = reading.fields_of(form.key, connections.fields(connection))
    return {
        **rule,
        "key": form.key,
        "title": form.title,
        "follows_default": form.rule is None,
        "met_at": form.met_at,
        "fields": [
            {"key": one.key, "label": one.label, "target": chosen.get(one.key, one.target)}
            for one in own
        ],
    }


def change(
    session: Session,
    workspace_id: UUID,
    connection_id: UUID,
    key: str,
    values: dict[str, Any],
    *,
    now: datetime,
) -> dict[str, Any]:
    """Gives a form a rule of its own: what is not given stays as it holds for the form now."""
    form = get(session, workspace_id, connection_id, key)
    connection = connections.get(session, workspace_id, connection_id)
    before = reading.whole(form.rule, connection.form_rule)
    own = {one.key: one.label for one in reading.fields_of(key, connections.fields(connection))}
    rule = {name: value for name, value in values.items() if name != "create_fields"}
    if values.get("create_fields"):
        settling.make_fields(session, workspace_id, rule.get("mapping", {}), own, now)
    known = settling.Known(own, connections.targets(session, workspace_id))
    form.rule = {**before, **settling.settled_rule(session, workspace_id, rule, known, now)}
    connection.updated_at = now
    session.flush()
    return portrait(connection, form)


def follow_default(
    session: Session, workspace_id: UUID, connection_id: UUID, key: str, *, now: datetime
) -> None:
    """Takes a form's own rule away: the connection's default holds for it again."""
    get(session, workspace_id, connection_id, key).rule = None
    connections.get(session, workspace_id, connection_id).updated_at = now
    session.flush()


def _existing(
    session: Session, workspace_id: UUID, said: Sequence[dict[str, Any]]
) -> frozenset[UUID]:
    """Those of the lists and tags in rules that were not removed meanwhile."""
    wanted = {UUID(one) for rule in said for name in reading.GROUPS for one in rule[name]}
    if not wanted:
        return frozenset()
    kinds: tuple[Any, ...] = (MailingList, Tag)
    queries = (
        select(kind.id).where(kind.workspace_id == workspace_id, kind.id.in_(wanted))
        for kind in kinds
    )
    return frozenset(one for query in queries for one in session.scalars(query))


def _print(connection: Connection, rows: Iterable[FormRow]) -> str:
    own = {row.key: row.rule for row in rows if row.rule is not None}
    default = {name: said for name, said in connection.form_rule.items() if said != RULE[name]}
    said = [connection.policies, connection.consent, default, own]
    if connection.policy == "site_wins" and not any(said):
        return ""
    return json.dumps([connection.policy, *said], sort_keys=True)
