"""Connections: a site's source that is pulled; how often, and what becomes of its people."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts import groups
from app.contacts.groups import LISTS, TAGS
from app.contacts.models import CONTACT_FIELDS, Field
from app.db import Page, of_workspace, page
from app.errors import Invalid
from app.sources import hiding, settling
from app.sources.models import Connection
from app.sources.runs import holding
from app.sources.sites import register
from app.sources.storing import noted
from app.sources.uploads.source import is_file
from app.sources.webhooks.inbox import kind_of
from app.workspaces.models import Workspace
from connectors import SourceField
from sync import schedule
from sync.forms import whole
from sync.schedule import BadSchedule, Timing

#: What a new contact of a connection may be.
NEW_STATUSES = ("active", "pending", "unsubscribed")


def get(session: Session, workspace_id: UUID, connection_id: UUID) -> Connection:
    """The connection. Raises NotFound."""
    return of_workspace(session, Connection, workspace_id, connection_id, "connection")


def listed(
    session: Session, workspace_id: UUID, site_id: UUID, *, number: int, per_page: int
) -> Page[Connection]:
    """The connections of a site, oldest first. Raises NotFound for the site."""
    register.get(session, workspace_id, site_id)
    query = select(Connection).where(Connection.site_id == site_id).order_by(Connection.id)
    return page(session, query, page=number, per_page=per_page)


def change(
    session: Session,
    workspace_id: UUID,
    connection_id: UUID,
    values: dict[str, Any],
    *,
    now: datetime,
) -> Connection:
    """Changes what is given of schedule, new_contact_status, mapping, options, add_lists, add_tags,
    policy, policies, consent, form_rule. ``create_fields``: make the custom fields that the mapping
    names.

    Lists and tags by id or name (an unknown name is created). ``mapping``: source field ->
    field of the contact, ``fields.<key>`` for a custom one, "" to leave it out.
    """
    connection = get(session, workspace_id, connection_id)
    if values.get("create_fields"):
        labels = {field.key: field.label for field in fields(connection)}
        settling.make_fields(session, workspace_id, values.get("mapping", {}), labels, now)
    known = settling.Known(
        {field.key for field in fields(connection)}, targets(session, workspace_id)
    )
    _check(connection, values, known)
    for place in ("schedule", "mapping", "new_contact_status", "policy", "policies", "consent"):
        if place in values:
            setattr(connection, place, values[place])
    if "options" in values:
        _choose(session, connection, {**connection.options, **values["options"]})
    if "form_rule" in values:
        said = settling.settled_rule(
            session, workspace_id, values["form_rule"], known, now, "form_rule."
        )
        connection.form_rule = {**connection.form_rule, **said}
    for place, kind in (("add_lists", LISTS), ("add_tags", TAGS)):
        if place in values:
            found = groups.resolve(session, workspace_id, kind, values[place], place=place, now=now)
            setattr(connection, place, sorted(str(one) for one in found))
    connection.updated_at = now
    session.flush()
    return connection


def _choose(session: Session, connection: Connection, options: dict[str, Any]) -> None:
    if is_file(connection.source) and options != connection.options:
        noted.forget(session, connection.id)  # its rows are about others now
    connection.options = options


def settled_once(
    session: Session, connection: Connection, said: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """What one run gives and asks for, with ids for lists and tags. Raises Invalid."""
    _check_options(connection, said.get("options", {}))
    found: dict[str, Any] = {"options": dict(said.get("options", {}))}
    for place, kind in (("add_lists", LISTS), ("add_tags", TAGS)):
        names = said.get(place, [])
        ids = groups.resolve(session, connection.workspace_id, kind, names, place=place, now=now)
        found[place] = sorted(str(one) for one in ids)
    return found


def portraits(
    session: Session, workspace_id: UUID, rows: Iterable[Connection]
) -> list[dict[str, Any]]:
    """Connections as they are shown: with a title, where fields go, and when the next pull is."""
    zone = session.get_one(Workspace, workspace_id).timezone
    known = list(rows)
    held = holding.those_held(session, [connection.id for connection in known])
    return [_portrait(connection, zone, connection.id in held) for connection in known]


def _portrait(connection: Connection, zone: str, is_held: bool) -> dict[str, Any]:
    connector = kind_of(connection.source)
    row = {column.key: getattr(connection, column.key) for column in Connection.__table__.columns}
    is_ready = connection.state == "ready" and not is_held
    return {
        **row,
        "title": connector.title if connector else connection.source,
        "options": options(connection),
        "warning": hiding.sentence(connection.source, connection.hidden),
        "form_rule": whole(None, connection.form_rule),
        "next_run_at": schedule.next_run(timing(connection, zone)) if is_ready else None,
        "fields": [
            {
                "key": field.key,
                "label": field.label,
                "target": connection.mapping.get(field.key, field.target),
            }
            for field in fields(connection)
        ],
    }


def fields(connection: Connection) -> list[SourceField]:
    """Every field that the source has, as far as is known."""
    connector = kind_of(connection.source)
    known = {field.key: field for field in connector.fields} if connector else {}
    learned = (SourceField(one["key"], one["label"], one["target"]) for one in connection.learned)
    return list({**{field.key: field for field in learned}, **known}.values())


def options(connection: Connection) -> dict[str, bool | str]:
    """Every option of the connection's connector, as it is chosen."""
    connector = kind_of(connection.source)
    known = {option.key: option.default for option in connector.options} if connector else {}
    defaults = {**{one["key"]: "" for one in connection.offered}, **known}
    return {key: connection.options.get(key, default) for key, default in defaults.items()}


def timing(connection: Connection, zone: str) -> Timing:
    """A connection's times, as ``sync.schedule`` wants them."""
    return Timing(
        seed=connection.id.bytes,
        schedule=connection.schedule,
        zone=ZoneInfo(zone),
        changed_at=connection.updated_at,
        last_run_at=connection.last_run_at,
        rest_until=connection.rest_until,
        is_down=connection.is_down,
    )


def targets(session: Session, workspace_id: UUID) -> set[str]:
    """Every field of a contact that a source's field may fill."""
    keys = session.scalars(select(Field.key).where(Field.workspace_id == workspace_id))
    return {*CONTACT_FIELDS, *(f"fields.{key}" for key in keys)}


def _check(connection: Connection, values: Mapping[str, Any], known: settling.Known) -> None:
    if "schedule" in values:
        _check_schedule(values["schedule"])
    if values.get("schedule") and is_file(connection.source):
        raise Invalid.at("schedule", "A file does not change: it is read when somebody asks.")
    if "mapping" in values:
        settling.check_mapping(values["mapping"], known)
    if "policies" in values:
        settling.check_policies(values["policies"], known)
    if values.get("consent"):
        settling.check_consent(values["consent"], known.fields, "consent")
    if "options" in values:
        _check_options(connection, values["options"])


def _check_schedule(wanted: Mapping[str, Any] | None) -> None:
    try:
        schedule.check(wanted)
    except BadSchedule as error:
        raise Invalid(f"schedule: {error}", {"schedule": [str(error)]}) from None


def _check_options(connection: Connection, wanted: Mapping[str, Any]) -> None:
    known = options(connection)
    mistakes: dict[str, list[str]] = {}
    for name, value in wanted.items():
        if name not in known:
            mistakes[f"options.{name}"] = [f"The source has no such option: {_list(set(known))}."]
        elif type(value) is not type(known[name]):
            kind = "true or false" if isinstance(known[name], bool) else "a text"
            mistakes[f"options.{name}"] = [f"It is {kind}."]
    if mistakes:
        place, sentences = next(iter(mistakes.items()))
        raise Invalid(f"{place}: {sentences[0]}", mistakes)


def _list(names: set[str]) -> str:
    return "it has " + (", ".join(sorted(names)) or "none")
