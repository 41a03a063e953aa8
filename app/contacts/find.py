"""Looking for contacts: one by id or e-mail, many by status, list, tag and words."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.contacts import groups
from app.contacts.groups import LISTS, TAGS, Kind
from app.contacts.models import Contact, MailingList, Tag
from app.db import Page, of_workspace, page
from app.errors import NotFound
from app.rules import email_address

_MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class Portrait:
    """A contact with the lists and tags it is on."""

    contact: Contact
    lists: list[MailingList]
    tags: list[Tag]


def get(session: Session, workspace_id: UUID, contact_id: UUID, *, lock: bool = False) -> Contact:
    """The contact; with ``lock`` nobody else changes it until the transaction ends."""
    return of_workspace(session, Contact, workspace_id, contact_id, "contact", lock=lock)


def by_email(session: Session, workspace_id: UUID, email: str) -> Contact:
    """The contact with this address, in any spelling that means the same. Raises NotFound."""
    parsed = email_address.parse(email)
    found = parsed and session.scalar(
        select(Contact).where(
            Contact.workspace_id == workspace_id, Contact.address == parsed.address
        )
    )
    if not found:
        raise NotFound("There is no contact with this e-mail address.")
    return found


def search(
    session: Session,
    workspace_id: UUID,
    *,
    words: str = "",
    status: str | None = None,
    in_list: str | None = None,
    in_tag: str | None = None,
    number: int = 1,
    per_page: int = 50,
) -> Page[Contact]:
    """Contacts that fit everything given, oldest first.

    ``words``: each must be in the e-mail, the names, the company or the phone number.
    ``in_list``, ``in_tag``: id or name.
    """
    query = select(Contact).where(Contact.workspace_id == workspace_id).order_by(Contact.id)
    if status:
        query = query.where(Contact.status == status)
    if in_list:
        query = _within(session, workspace_id, query, LISTS, in_list, "list")
    if in_tag:
        query = _within(session, workspace_id, query, TAGS, in_tag, "tag")
    said = _searchable()
    for word in words.split()[:_MOST_WORDS]:
        query = query.where(said.contains(word.lower(), autoescape=True))
    return page(session, query, page=number, per_page=per_page)


def portraits(session: Session, contacts: Sequence[Contact]) -> list[Portrait]:
    """The contacts with their lists and tags, in the same order."""
    lists = _groups(session, LISTS, contacts)
    tags = _groups(session, TAGS, contacts)
    return [Portrait(one, lists[one.id], tags[one.id]) for one in contacts]


def _groups(session: Session, kind: Kind, contacts: Sequence[Contact]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    rows = session.execute(
        select(kind.link.contact_id, kind.model)
        .join(kind.model, kind.model.id == kind.group_id)
        .where(kind.link.contact_id.in_([one.id for one in contacts]))
        .order_by(kind.model.name, kind.model.id)
    )
    for contact_id, group in rows:
        found[contact_id].append(group)
    return found


def _within(
    session: Session,
    workspace_id: UUID,
    query: Select[Contact],
    kind: Kind,
    reference: str,
    place: str,
) -> Select[Contact]:
    (group_id,) = groups.resolve(session, workspace_id, kind, [reference], place=place)
    return query.where(
        Contact.id.in_(select(kind.link.contact_id).where(kind.group_id == group_id))
    )


def _searchable() -> Any:
    parts = (Contact.first_name, Contact.last_name, Contact.company, Contact.phone)
    said: Any = Contact.email
    for part in parts:
        said = said + " " + part
    return func.lower(said)
