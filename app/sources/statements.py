"""The statements that write a page of a run, each built once."""

from typing import Any, cast

from sqlalchemy import Table, bindparam, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from app.contacts.models import CONTACT_FIELDS, Contact
from app.sources.bulk import Types
from app.sources.models import SourceRow

_CONTACT = cast(Table, Contact.__table__)
_SOURCE_ROW = cast(Table, SourceRow.__table__)
_WHO = ("id", "workspace_id", "email", "address", "status", "source", "edited", "origins")
_CHANGED = ("email", "address", "status", "origins", "updated_at", "fields", *CONTACT_FIELDS)
_KEPT = ("contact_id", "digest", "seen_at", "said_at", "groups")


def _types(table: Table, *names: str) -> Types:
    found: list[tuple[str, TypeEngine[Any]]] = [(name, table.c[name].type) for name in names]
    return tuple(found)


CREATED = _types(_CONTACT, *_WHO, "created_at", "updated_at", "fields", *CONTACT_FIELDS)
CREATE = _CONTACT.insert().values({name: bindparam(name, type_=kind) for name, kind in CREATED})

UPDATED: Types = (("which", _CONTACT.c.id.type), *_types(_CONTACT, *_CHANGED))
UPDATE = (
    update(_CONTACT)
    .where(_CONTACT.c.id == bindparam("which", type_=_CONTACT.c.id.type))
    .values({name: bindparam(name, type_=_CONTACT.c[name].type) for name in _CHANGED})
)

NOTED = _types(_SOURCE_ROW, "connection_id", "source_id", *_KEPT)


def _note(insert: Any) -> Any:
    statement = insert(_SOURCE_ROW)
    statement = statement.values({name: bindparam(name, type_=kind) for name, kind in NOTED})
    return statement.on_conflict_do_update(
        index_elements=["connection_id", "source_id"],
        set_={name: statement.excluded[name] for name in _KEPT},
    )


_NOTE = {"sqlite": _note(sqlite.insert), "postgresql": _note(postgresql.insert)}


def note(session: Session) -> Any:
    """Writes down what rows said, over what they said before."""
    return _NOTE[session.get_bind().dialect.name]
