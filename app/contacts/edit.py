"""Contacts come, change and go; a "no" outlives all of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import ids
from app.contacts import allocation, belonging, fields, find, groups, origins, suppression
from app.contacts.groups import LISTS, TAGS
from app.contacts.models import CONTACT_FIELDS, Contact
from app.db import insert
from app.errors import Conflict, Invalid
from app.rules import consent, email_address
from app.rules.email_address import EmailAddress

#: How a value that came through the API is noted.
_MACHINE = "api"


def create(
    session: Session, workspace_id: UUID, values: dict[str, Any], *, source: str, now: datetime
) -> Contact:
    """A new contact. Raises Conflict when the address is known.

    ``values``: email, and any of status, CONTACT_FIELDS, fields (key -> text), lists and tags
    (ids or names; an unknown name is created). A suppressed address keeps its "no".
    """
    contact, is_new = _take(session, workspace_id, _parsed(values["email"]), source, now)
    if not is_new:
        sentence = "There is a contact with this e-mail address already."
        raise Conflict(sentence, {"email": [sentence]})
    _gather(session, contact, values, now)
    _settle(session, contact, values.get("status") or "active", is_new=True, now=now)
    return contact


def upsert(
    session: Session, workspace_id: UUID, values: dict[str, Any], *, source: str, now: datetime
) -> tuple[Contact, bool]:
    """The contact with this address, made or filled up; and whether it was made.

    Values as for ``create``. Empty ones never erase, lists and tags only gather, and the status
    of somebody who said no is kept.
    """
    contact, is_new = _take(session, workspace_id, _parsed(values["email"]), source, now)
    changed = _gather(session, contact, values, now)
    asked = values.get("status") or ("active" if is_new else contact.status)
    changed = _settle(session, contact, asked, is_new=is_new, now=now) or changed
    if changed and not is_new:
        contact.updated_at = now
        session.flush()
    return contact, is_new


def change(
    session: Session, workspace_id: UUID, contact_id: UUID, values: dict[str, Any], *, now: datetime
) -> Contact:
    """A person's edit: what is given replaces, empty erases; sites no longer overwrite it.

    ``values``: any of email, CONTACT_FIELDS, fields. Raises Conflict when the e-mail is taken.
    """
    contact = find.get(session, workspace_id, contact_id, lock=True)
    edited = [name for name in CONTACT_FIELDS if name in values]
    for name in edited:
        setattr(contact, name, values[name] or "")
    custom = fields.checked(session, workspace_id, values.get("fields") or {})
    kept = {key: text for key, text in contact.fields.items() if key not in custom}
    contact.fields = {**kept, **{key: text for key, text in custom.items() if text}}
    if "email" in values:
        edited.append("email")
        _rename(session, contact, _parsed(values["email"]), now)
    contact.edited = sorted({*contact.edited, *edited, *custom})
    named = [*edited, *(f"fields.{key}" for key in custom)]
    contact.origins = origins.traced(contact.origins, named, "person", now)
    contact.updated_at = now
    session.flush()
    return contact


def set_status(
    session: Session, workspace_id: UUID, contact_id: UUID, status: str, *, now: datetime
) -> Contact:
    """A person's decision: a "no" suppresses the address, anything else takes the "no" back."""
    contact = find.get(session, workspace_id, contact_id, lock=True)
    suppression.lift(session, workspace_id, [contact.address])
    if consent.is_no(status):
        detail = "status set by hand"
        suppression.suppress(session, workspace_id, [contact.address], status, detail, now)
    if contact.status != status:
        contact.status = status
        contact.updated_at = now
    session.flush()
    return contact


def remove(session: Session, workspace_id: UUID, contact_id: UUID) -> None:
    """Removes the contact; a suppression of its address stays."""
    session.delete(find.get(session, workspace_id, contact_id))
    session.flush()


def _parsed(email: str) -> EmailAddress:
    parsed = email_address.parse(email)
    if parsed is None:
        sentence = "Is not an e-mail address that can be written to."
        raise Invalid.at("email", sentence)
    return parsed


def _take(
    session: Session, workspace_id: UUID, address: EmailAddress, source: str, now: datetime
) -> tuple[Contact, bool]:
    """The row of this address, locked, and whether it was made just now (nobody can race us)."""
    row = {
        "id": ids.new_id(),
        "workspace_id": workspace_id,
        "email": address.email,
        "address": address.address,
        "source": source,
        "created_at": now,
        "updated_at": now,
    }
    made = session.scalar(
        insert(session, Contact)
        .values(row)
        .on_conflict_do_nothing(index_elements=["workspace_id", "address"])
        .returning(Contact.id)
    )
    contact = session.scalars(
        select(Contact)
        .where(Contact.workspace_id == workspace_id, Contact.address == address.address)
        .with_for_update()
    ).one()
    if made is not None and (allocation.room(session, workspace_id) or 0) < 0:
        raise Conflict(
            "allocation_exceeded: the workspace has as many contacts as it may have. Delete some, "
            "or let it have more (contact_allocation of PATCH /api/v1/workspace)."
        )
    return contact, made is not None


def _gather(session: Session, contact: Contact, values: dict[str, Any], now: datetime) -> bool:
    """Fills in what is given and not empty; gives whether anything is new."""
    said = fields.checked(session, contact.workspace_id, values.get("fields") or {})
    custom = {key: text for key, text in said.items() if text}
    given = {name: values[name] for name in CONTACT_FIELDS if values.get(name)}
    fresh = {f"fields.{key}" for key, text in custom.items() if text != contact.fields.get(key, "")}
    fresh |= {name for name, value in given.items() if value != getattr(contact, name)}
    contact.fields = {**contact.fields, **custom}
    for name, value in given.items():
        setattr(contact, name, value)
    if fresh:
        contact.origins = origins.traced(contact.origins, fresh, _MACHINE, now)
    session.flush()
    for kind, place in ((LISTS, "lists"), (TAGS, "tags")):
        group_ids = groups.resolve(
            session, contact.workspace_id, kind, values.get(place) or [], place=place, now=now
        )
        belonging.attach(
            session,
            contact.workspace_id,
            kind,
            contact_ids=[contact.id],
            group_ids=group_ids,
            now=now,
        )
    return bool(fresh)


def _settle(session: Session, contact: Contact, asked: str, *, is_new: bool, now: datetime) -> bool:
    """Gives the status that is asked for, unless somebody said no; gives whether it is another."""
    known = contact.status
    if is_new:
        reason = suppression.reasons(session, contact.workspace_id, [contact.address])
        known = consent.status_for(next(iter(reason.values()), "pending"))
    status = consent.merged(known, asked)
    if consent.is_no(status) and status != known:
        suppression.suppress(
            session, contact.workspace_id, [contact.address], status, "said on arrival", now
        )
    changed = contact.status != status
    contact.status = status
    session.flush()
    return changed


def _rename(session: Session, contact: Contact, address: EmailAddress, now: datetime) -> None:
    """Another spelling or another address; a "no" goes along, and one that waits there is met."""
    taken = session.scalar(
        select(Contact.id).where(
            Contact.workspace_id == contact.workspace_id,
            Contact.address == address.address,
            Contact.id != contact.id,
        )
    )
    if taken is not None:
        sentence = "Another contact has this e-mail address already."
        raise Conflict(sentence, {"email": [sentence]})
    is_another = contact.address != address.address
    contact.email, contact.address = address.email, address.address
    session.flush()
    if is_another:
        asked = contact.status
        _settle(session, contact, asked, is_new=True, now=now)
