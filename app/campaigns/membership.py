"""How an audience sees one contact: by which list or tag it is in, or out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.groups import LISTS, TAGS, Kind


@dataclass(frozen=True, slots=True)
class Way:
    """A list or tag of the audience that the contact is on, and since when."""

    kind: str
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Membership:
    """``everybody``: the audience is all contacts. ``by``: what brings this one in;
    ``excluded_by``: what keeps it out all the same; ``outside``: why it is out, "" when in.
    """

    everybody: bool
    by: Sequence[Way]
    excluded_by: Sequence[Way]
    outside: str


def of_contact(
    session: Session, chosen: Mapping[str, Any], contact_id: UUID, at: datetime
) -> Membership:
    """The place of a contact in the audience ``chosen``, as far as it is known for ``at``."""
    include, exclude = chosen.get("include", {}), chosen.get("exclude", {})
    everybody = chosen.get("all") is True
    by = _ways(session, include, contact_id)
    against = _ways(session, exclude, contact_id)
    kept_out = [way for way in against if way.since <= at]
    return Membership(everybody, by, kept_out, _outside(chosen, by, kept_out, at))


def _outside(
    chosen: Mapping[str, Any], by: Sequence[Way], kept_out: Sequence[Way], at: datetime
) -> str:
    if not chosen:
        return "nobody was chosen to send to yet"
    if kept_out:
        return f"she is on the excluded {kept_out[0].kind} '{kept_out[0].name}'"
    if chosen.get("all") or any(way.since <= at for way in by):
        return ""
    if by:
        first = min(by, key=lambda way: way.since)
        since = f"{first.since:%Y-%m-%d %H:%M} UTC"
        return f"she came to the included {first.kind} '{first.name}' only later (on {since})"
    return "she is on none of the included lists and tags"


def _ways(session: Session, chosen: Mapping[str, Any], contact_id: UUID) -> list[Way]:
    kinds = (("lists", LISTS), ("tags", TAGS))
    return [
        way
        for name, kind in kinds
        for way in _of_kind(session, kind, chosen.get(name, ()), contact_id)
    ]


def _of_kind(session: Session, kind: Kind, wanted: Sequence[str], contact_id: UUID) -> list[Way]:
    if not wanted:
        return []
    rows = session.execute(
        select(kind.model.name, kind.link.created_at)
        .join(kind.model, kind.model.id == kind.group_id)
        .where(kind.link.contact_id == contact_id, kind.group_id.in_([UUID(one) for one in wanted]))
        .order_by(kind.model.name)
    )
    return [Way(kind.noun, name, since) for name, since in rows]
