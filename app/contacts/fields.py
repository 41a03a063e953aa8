"""Custom fields: what else the contacts of a workspace may say about themselves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.contacts.models import CONTACT_FIELDS, Contact, Field
from app.db import Page, of_workspace, page
from app.errors import Conflict, Invalid
from sync.coerce import BadValue, coerced

#: Words that mean something else in a contact, an import or a template.
RESERVED = frozenset(CONTACT_FIELDS) | {
    "address",
    "created_at",
    "edited",
    "email",
    "fields",
    "full_name",
    "id",
    "lists",
    "name",
    "source",
    "status",
    "tags",
    "updated_at",
    "workspace_id",
}

#: Built-in fields that hold more than text, when a site fills them.
BUILT_IN_KINDS = {"date_of_birth": "date"}


def get(session: Session, workspace_id: UUID, field_id: UUID) -> Field:
    """The field. Raises NotFound."""
    return of_workspace(session, Field, workspace_id, field_id, "custom field")


def listed(session: Session, workspace_id: UUID, *, number: int, per_page: int) -> Page[Field]:
    """The custom fields of a workspace, oldest first."""
    query = select(Field).where(Field.workspace_id == workspace_id).order_by(Field.id)
    return page(session, query, page=number, per_page=per_page)


def create(
    session: Session,
    workspace_id: UUID,
    *,
    key: str,
    label: str,
    kind: str = "text",
    now: datetime,
) -> Field:
    """A new field; ``kind`` of KINDS. Raises Invalid for a reserved key, Conflict when taken."""
    if key in RESERVED:
        sentence = f"'{key}' is a built-in name: choose another key."
        raise Invalid(sentence, {"key": [sentence]})
    made = Field(workspace_id=workspace_id, key=key, label=label, kind=kind, created_at=now)
    session.add(made)
    try:
        session.flush()
    except IntegrityError:
        sentence = f"There is a custom field with the key '{key}' already."
        raise Conflict(sentence, {"key": [sentence]}) from None
    return made


def change(session: Session, workspace_id: UUID, field_id: UUID, *, label: str) -> Field:
    """Gives the field another label; its key stays what templates say."""
    field = get(session, workspace_id, field_id)
    field.label = label
    session.flush()
    return field


def remove(session: Session, workspace_id: UUID, field_id: UUID) -> None:
    """Removes the field, and what contacts say in it."""
    field = get(session, workspace_id, field_id)
    session.execute(
        update(Contact)
        .where(Contact.workspace_id == workspace_id, _has(session, field.key))
        .values(fields=_without(session, field.key))
        .execution_options(synchronize_session=False)
    )
    session.delete(field)
    session.flush()


def keys(session: Session, workspace_id: UUID) -> list[str]:
    """The keys of every custom field."""
    return list(session.scalars(select(Field.key).where(Field.workspace_id == workspace_id)))


def kinds(session: Session, workspace_id: UUID) -> dict[str, str]:
    """What fields of contacts hold that is not just text, by target (``fields.<key>``)."""
    query = select(Field.key, Field.kind).where(Field.workspace_id == workspace_id)
    rows = session.execute(query.where(Field.kind != "text"))
    return {**BUILT_IN_KINDS, **{f"fields.{key}": kind for key, kind in rows}}


def checked(session: Session, workspace_id: UUID, said: Mapping[str, str | None]) -> dict[str, str]:
    """``said`` in the form that each field has; "" where nothing is said.

    Raises Invalid, naming each place, for what is no field of this workspace, or not of its kind.
    """
    if not said:
        return {}
    query = select(Field.key, Field.kind).where(Field.workspace_id == workspace_id)
    known = dict(session.execute(query.where(Field.key.in_(said))).all())
    found, mistakes = dict[str, str](), dict[str, list[str]]()
    for key, text in said.items():
        if key not in known:
            sentence = "There is no such custom field: create it first (POST /api/v1/fields)."
            mistakes[f"fields.{key}"] = [sentence]
            continue
        try:
            found[key] = coerced(known[key], text) if text else ""
        except BadValue as error:
            mistakes[f"fields.{key}"] = [f"It {error}."]
    if mistakes:
        place, sentences = next(iter(mistakes.items()))
        raise Invalid(f"{place[:200]}: {sentences[0]}", mistakes)
    return found


def _has(session: Session, key: str) -> ColumnElement[bool]:
    if session.get_bind().dialect.name == "sqlite":
        return func.json_type(Contact.fields, f"$.{key}").is_not(None)
    has_key: ColumnElement[bool] = cast(Contact.fields, JSONB).has_key(literal(key, Text()))
    return has_key


def _without(session: Session, key: str) -> Any:
    if session.get_bind().dialect.name == "sqlite":
        return func.json_remove(Contact.fields, f"$.{key}")
    return cast(Contact.fields, JSONB).op("-", return_type=JSONB())(literal(key, Text()))
