"""Contacts: find, create, fill up, edit, decide about their status, remove."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.api.access import caller, runtime
from app.api.contact_shapes import (
    ContactAnswer,
    ContactChanges,
    ContactQuery,
    ContactValues,
    StatusChange,
)
from app.api.paging import page_of
from app.api.routes import Routes
from app.contacts import edit, find
from app.contacts.find import Portrait
from app.contacts.models import Contact
from app.db import Page

blueprint = Routes("contacts", "People, each known by one e-mail address.")

_SOURCE = "api"


@blueprint.get("/contacts", scope="read", query=ContactQuery, answer=page_of(ContactAnswer))
def list_contacts(query: dict[str, Any]) -> Any:
    """Contacts that fit every filter given, oldest first."""
    with runtime().database.reading() as session:
        found = find.search(
            session,
            caller().workspace_id,
            words=query["q"],
            status=query["status"],
            in_list=query["list"],
            in_tag=query["tag"],
            number=query["page"],
            per_page=query["per_page"],
        )
        items = find.portraits(session, found.items)
    return Page(items, found.total, found.page, found.per_page)


@blueprint.post("/contacts", scope="write", body=ContactValues, answer=ContactAnswer)
def create_contact(body: dict[str, Any]) -> Any:
    """Create a contact; 409 when the address is known.

    An address that is suppressed gives a contact with the status of that "no", never an active
    one.
    """
    running = runtime()
    with running.database.transaction() as session:
        made = edit.create(session, caller().workspace_id, body, source=_SOURCE, now=running.now())
        return _portrait(session, made)


@blueprint.post(
    "/contacts/upsert",
    scope="write",
    body=ContactValues,
    answer=ContactAnswer,
    status=(200, 201),
)
def upsert_contact(body: dict[str, Any]) -> Any:
    """Create the contact with this address, or fill it up; 201 when it was created.

    Empty values never erase, lists and tags are only added to, an empty list changes nothing, and
    the status of somebody who said no is kept.
    """
    running = runtime()
    with running.database.transaction() as session:
        contact, is_new = edit.upsert(
            session, caller().workspace_id, body, source=_SOURCE, now=running.now()
        )
        return _portrait(session, contact), 201 if is_new else 200


@blueprint.get("/contacts/<uuid:contact_id>", scope="read", answer=ContactAnswer)
def get_contact(contact_id: UUID) -> Any:
    """One contact by its id."""
    with runtime().database.reading() as session:
        return _portrait(session, find.get(session, caller().workspace_id, contact_id))


@blueprint.get("/contacts/by-email/<path:email>", scope="read", answer=ContactAnswer)
def get_contact_by_email(email: str) -> Any:
    """One contact by its e-mail address, in any spelling that means the same."""
    with runtime().database.reading() as session:
        return _portrait(session, find.by_email(session, caller().workspace_id, email))


@blueprint.patch(
    "/contacts/<uuid:contact_id>", scope="write", body=ContactChanges, answer=ContactAnswer
)
def change_contact(contact_id: UUID, body: dict[str, Any]) -> Any:
    """Edit a contact as a person does: what is given replaces, empty erases.

    Sites no longer overwrite the fields that were edited; ``edited`` names them.
    """
    running = runtime()
    with running.database.transaction() as session:
        changed = edit.change(session, caller().workspace_id, contact_id, body, now=running.now())
        return _portrait(session, changed)


@blueprint.patch(
    "/contacts/<uuid:contact_id>/status",
    scope="write",
    body=StatusChange,
    answer=ContactAnswer,
)
def change_contact_status(contact_id: UUID, body: dict[str, Any]) -> Any:
    """Decide about the status: a "no" suppresses the address, active or pending takes it back."""
    running = runtime()
    with running.database.transaction() as session:
        changed = edit.set_status(
            session, caller().workspace_id, contact_id, body["status"], now=running.now()
        )
        return _portrait(session, changed)


@blueprint.delete("/contacts/<uuid:contact_id>", scope="write")
def delete_contact(contact_id: UUID) -> None:
    """Delete a contact; a suppression of the address stays."""
    with runtime().database.transaction() as session:
        edit.remove(session, caller().workspace_id, contact_id)


def _portrait(session: Session, contact: Contact) -> Portrait:
    return find.portraits(session, [contact])[0]
