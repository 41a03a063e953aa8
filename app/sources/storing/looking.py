"""Looks up what a page of rows may be about: rows seen before, and contacts."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.contacts.models import CONTACT_FIELDS
from app.rules import consent
from app.sources.storing import reading
from app.sources.storing.roster import Seen
from app.statements.ready import Asking
from sync.merge import Known

_BUILT_IN = {*CONTACT_FIELDS, "email"}
_NONE: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Wished:
    """Ids of lists and tags that rows of a page name, named before, or are given by the terms."""

    lists: Set[UUID]
    tags: Set[UUID]


def seen(
    session: Session, connection_id: UUID, digests: Mapping[str, str], others: Collection[str]
) -> tuple[dict[str, Seen], set[str]]:
    """What rows became the last time; and those that say the same now, with a contact.

    Of these only ``others`` are told in full: nothing else is asked about them.
    """
    known, unchanged = dict[str, Seen](), set[str]()
    understood = reading.SEEN.form(session.get_bind().dialect).understood
    asked = {"connection": connection_id, "rows": reading.array([*digests, *others])}
    for row in reading.SEEN.raw(session, asked):
        source_id, digest, contact = row[0], row[1], row[2]
        if contact is not None and digests.get(source_id) == digest:
            unchanged.add(source_id)
            if source_id not in others:
                continue
        _, _, contact, groups = understood(row)
        known[source_id] = Seen(contact, frozenset(map(UUID, groups)) if groups else _NONE)
    return known, unchanged


def owners(session: Session, connection_id: UUID, contacts: Collection[UUID]) -> dict[UUID, str]:
    """The row of the connection that stands for each of the contacts."""
    return _of_contacts(session, reading.OWNERS, connection_id, contacts)


def newest(session: Session, connection_id: UUID, contacts: Collection[UUID]) -> dict[UUID, str]:
    """When the source last told something that each of the contacts did."""
    return _of_contacts(session, reading.NEWEST, connection_id, contacts)


def _of_contacts(
    session: Session, query: Asking, connection_id: UUID, contacts: Collection[UUID]
) -> dict[UUID, str]:
    if not contacts:
        return {}
    about = {"connection": connection_id, "contacts": reading.array(contacts)}
    found: Any = query.all(session, about)
    return dict(found)


def refusals(session: Session, workspace_id: UUID, addresses: Collection[str]) -> dict[str, str]:
    """The closed statuses that some of the addresses have earned."""
    which = {"workspace": workspace_id, "addresses": reading.array(addresses)}
    found = reading.REFUSED.raw(session, which)
    return {address: consent.status_for(reason) for address, reason in found}


def contacts(
    session: Session,
    workspace_id: UUID,
    addresses: Collection[str],
    ids: Collection[UUID],
    wished: Wished,
) -> dict[UUID, Known]:
    """The contacts with one of the addresses or ids, locked, in the order of their ids."""
    which = {"workspace": workspace_id, "addresses": reading.array(addresses)}
    if ids:
        found = reading.CONTACTS.alike(session, which | {"ids": reading.array(ids)})
    else:
        found = reading.BY_ADDRESS.alike(session, which)
    who = [row[0] for row in found]
    lists = _groups(session, reading.LISTS, wished.lists, who)
    tags = _groups(session, reading.TAGS, wished.tags, who)
    return {row[0]: _known(row, lists.get(row[0], _NONE), tags.get(row[0], _NONE)) for row in found}


def _groups(
    session: Session, query: Asking, wanted: Collection[UUID], who: list[UUID]
) -> dict[UUID, frozenset[UUID]]:
    """Which of the lists (or tags) to add each contact has already."""
    if not wanted or not who:
        return {}
    about = {"contacts": reading.array(who), "groups": reading.array(wanted)}
    found: dict[UUID, frozenset[UUID]] = {}
    for contact_id, group_id in query.all(session, about):
        found[contact_id] = found.get(contact_id, frozenset()) | {group_id}
    return found


def _known(row: Sequence[Any], lists: frozenset[UUID], tags: frozenset[UUID]) -> Known:
    contact_id, address, status, email, custom, edited, known_origins, *values = row
    fields = dict(zip(CONTACT_FIELDS, values, strict=True))
    fields |= {f"fields.{key}": text for key, text in custom.items()}
    names = [name if name in _BUILT_IN else f"fields.{name}" for name in edited]
    who = (contact_id, address, status, email)
    return Known(*who, fields, frozenset(names), lists, tags, known_origins)
