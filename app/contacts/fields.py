"""Custom fields: what else the contacts of a workspace may say about themselves."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.contacts.models import CONTACT_FIELDS, Contact, Field
from app.db import Page, page
from app.errors import Conflict, Invalid, NotFound

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


def get(session: Session, workspace_id: UUID, field_id: UUID) -> Field:
    """The field. Raises NotFound."""
    found = session.scalar(
        select(Field).where(Field.workspace_id == workspace_id, Field.id == field_id)
    )
    if found is None:
        raise NotFound("There is no such custom field.")
    return found


def listed(session: Session, workspace_id: UUID, *, number: int, per_page: int) -> Page[Field]:
    """The custom fields of a workspace, oldest first."""
    query = select(Field).where(Field.workspace_id == workspace_id).order_by(Field.id)
    return page(session, query, page=number, per_page=per_page)


def create(session: Session, workspace_id: UUID, *, key: str, label: str, now: datetime) -> Field:
    """A new field. Raises Invalid for a reserved key, Conflict for one that is taken."""
    if key in RESERVED:
        sentence = f"'{key}' is a built-in name: choose another key."
        raise Invalid(sentence, {"key": [sentence]})
    made = Field(workspace_id=workspace_id, key=key, label=label, created_at=now)
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


def check_known(session: Session, workspace_id: UUID, keys: Iterable[str]) -> None:
    """Raises Invalid, naming each place, when some keys are not fields of this workspace."""
    wanted = list(keys)
    if not wanted:
        return
    known = set(
        session.scalars(
            select(Field.key).where(Field.workspace_id == workspace_id, Field.key.in_(wanted))
        )
    )
    sentence = "There is no such custom field: create it first (POST /api/v1/fields)."
    mistakes = {f"fields.{key}": [sentence] for key in wanted if key not in known}
    if mistakes:
        raise Invalid(f"{next(iter(mistakes))[:200]}: {sentence}", mistakes)


def _has(session: Session, key: str) -> ColumnElement[bool]:
    if session.get_bind().dialect.name == "sqlite":
        return func.json_type(Contact.fields, f"$.{key}").is_not(None)
    has_key: ColumnElement[bool] = cast(Contact.fields, JSONB).has_key(literal(key, Text()))
    return has_key


def _without(session: Session, key: str) -> Any:
    if session.get_bind().dialect.name == "sqlite":
        return func.json_remove(Contact.fields, f"$.{key}")
    return cast(Contact.fields, JSONB).op("-", return_type=JSONB())(literal(key, Text()))
