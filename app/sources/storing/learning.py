"""Fields that a source turned out to have: noted with the connection, custom ones created."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import ids
from app.contacts.fields import RESERVED
from app.contacts.models import Field
from app.db import insert
from app.sources.models import Connection
from connectors import Choice, SourceField

_CUSTOM = "fields."
#: What stands at a field that only a dry run met so far.
_WAITS = "waits"
#: A site whose forms have more fields than this is not mapped by hand.
_MOST = 500


def learn(
    session: Session, connection_id: UUID, fields: Iterable[SourceField], now: datetime
) -> Connection:
    """Notes those of ``fields`` that are new, and creates the custom fields they fill.

    A custom field that was removed here afterwards is not made again.
    """
    fields = list(fields)
    connection = meet(session, connection_id, fields)
    waiting = {one["key"] for one in connection.learned if _WAITS in one}
    if fresh := [field for field in fields if field.key in waiting]:
        met = {field.key for field in fresh}
        connection.learned = [
            _made(one) if one["key"] in met else one for one in connection.learned
        ]
        _create(session, connection, fresh, now)
        session.flush()
    return connection


def meet(session: Session, connection_id: UUID, fields: Iterable[SourceField]) -> Connection:
    """Notes those of ``fields`` that are new, as a dry run does: the custom fields that they fill
    wait for a real one.
    """
    connection = session.get_one(Connection, connection_id, with_for_update=True)
    known = {field["key"] for field in connection.learned}
    fresh = [field for field in fields if field.key not in known][: _MOST - len(known)]
    if fresh:
        shown = [
            {"key": one.key, "label": one.label, "target": one.target, _WAITS: "yes"}
            for one in fresh
        ]
        connection.learned = [*connection.learned, *shown]
        session.flush()
    return connection


def would_fill(connection: Connection) -> set[str]:
    """The custom fields that a real run would create."""
    waiting = (one for one in connection.learned if _WAITS in one)
    return {one["target"] for one in waiting if one["key"] not in connection.mapping} - {""}


def _made(one: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in one.items() if name != _WAITS}


def offer(session: Session, connection_id: UUID, choices: Iterable[Choice]) -> None:
    """Notes what a site offers now, and keeps what was chosen though it is gone from there."""
    connection = session.get_one(Connection, connection_id, with_for_update=True)
    offered = {one["key"]: one for one in connection.offered if connection.options.get(one["key"])}
    offered |= {one.key: {"key": one.key, "label": one.label} for one in choices}
    connection.offered = list(offered.values())[:_MOST]
    session.flush()


def _create(
    session: Session, connection: Connection, fields: Iterable[SourceField], now: datetime
) -> None:
    wanted = {
        field.target.removeprefix(_CUSTOM): field.label
        for field in fields
        if field.target.startswith(_CUSTOM) and field.key not in connection.mapping
    }
    existing = select(Field.key).where(Field.workspace_id == connection.workspace_id)
    known = RESERVED.union(session.scalars(existing))
    rows: list[dict[str, Any]] = [
        {
            "id": ids.new_id(),
            "workspace_id": connection.workspace_id,
            "key": key,
            "label": label,
            "created_at": now,
        }
        for key, label in wanted.items()
        if key not in known
    ]
    if rows:
        session.execute(insert(session, Field).values(rows).on_conflict_do_nothing())
