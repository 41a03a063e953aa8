"""Where each value of a contact came from: a person, the API, or which source of which site."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts import find
from app.contacts.models import CONTACT_FIELDS, Contact
from app.contacts.origins import EVERY
from app.sources.models import Connection, Site


@dataclass(frozen=True, slots=True)
class Origin:
    """A value and where it came from. ``by``: person, site, api, or how the contact came here.

    ``source`` and ``site`` are empty when the connection is gone; ``at`` is None when it was not
    noted yet.
    """

    field: str
    value: str
    by: str
    connection_id: UUID | None
    source: str
    site: str
    at: datetime | None


def origins(session: Session, workspace_id: UUID, contact_id: UUID) -> list[Origin]:
    """The origin of every field that says something. Raises NotFound."""
    contact = find.get(session, workspace_id, contact_id)
    known = _connections(session, workspace_id, contact)
    values = {name: getattr(contact, name) for name in CONTACT_FIELDS}
    values |= {f"fields.{key}": text for key, text in contact.fields.items()}
    return [_origin(contact, name, text, known) for name, text in values.items() if text]


def _connections(
    session: Session, workspace_id: UUID, contact: Contact
) -> dict[UUID, tuple[str, str]]:
    """Source and site of the connections that brought something."""
    wanted = {UUID(said["connection"]) for said in contact.origins.values() if said["connection"]}
    query = select(Connection.id, Connection.source, Site.url).join(Site)
    query = query.where(Connection.workspace_id == workspace_id, Connection.id.in_(wanted))
    return {row[0]: (row[1], row[2]) for row in session.execute(query)} if wanted else {}


def _origin(
    contact: Contact, name: str, text: str, known: Mapping[UUID, tuple[str, str]]
) -> Origin:
    edited = name.removeprefix("fields.") in contact.edited
    first = {} if edited else contact.origins.get(EVERY, {})
    said: Mapping[str, Any] = contact.origins.get(name) or first
    by = "person" if edited else said.get("by", contact.source)
    at = datetime.fromisoformat(said["at"]) if said else None
    connection = said.get("connection") if by == "site" else None
    source, site = known.get(UUID(connection), ("", "")) if connection else ("", "")
    return Origin(name, text, by, UUID(connection) if connection else None, source, site, at)
