"""The statements that write a page of a run and how far it has got, each built once."""

from typing import Any, cast

from sqlalchemy import Table, Uuid, bindparam, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine

from app.contacts.models import CONTACT_FIELDS, Contact
from app.sources.models import Connection, SourceRow, SyncRun
from app.sources.sites import health
from app.sources.storing.bulk import Types
from app.statements.ready import Ready

_CONTACT = cast(Table, Contact.__table__)
_SOURCE_ROW = cast(Table, SourceRow.__table__)
_WHO = ("id", "workspace_id", "email", "address", "status", "source", "edited", "origins")
_CHANGED = ("email", "address", "status", "origins", "updated_at", "fields", *CONTACT_FIELDS)
KEPT = ("contact_id", "digest", "seen_at", "said_at", "groups")


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

NOTED = _types(_SOURCE_ROW, "connection_id", "source_id", *KEPT)
NOTE_NEW = _SOURCE_ROW.insert().values({name: bindparam(name, type_=kind) for name, kind in NOTED})


_OVER = sqlite.insert(_SOURCE_ROW)
_OVER = _OVER.values({name: bindparam(name, type_=kind) for name, kind in NOTED})
#: Writes down what rows said, over what they said before; on PostgreSQL it is ``together``.
NOTE = _OVER.on_conflict_do_update(
    index_elements=["connection_id", "source_id"],
    set_={name: _OVER.excluded[name] for name in KEPT},
)

_NUMBERS = ("seen", "created", "updated", "kept", "pages", "skipped", "faults", "total", "hidden")
_COUNTED = (*_NUMBERS, "lease_until")
_RUN, _CONNECTION = cast(Table, SyncRun.__table__), cast(Table, Connection.__table__)


def _set(table: Table, *names: str) -> dict[str, Any]:
    return {name: bindparam(name, type_=table.c[name].type) for name in names}


_COUNT = (
    update(_RUN)
    .where(
        _RUN.c.id == bindparam("which", type_=Uuid),
        _RUN.c.owner == bindparam("by", type_=Uuid),
        _RUN.c.state == "running",
    )
    .values(detail="", **_set(_RUN, *_COUNTED))
)
#: The numbers of a run that goes on, if it is still this owner's and running.
COUNT = Ready(_COUNT)
#: Where its connection goes on: every page says that it is well.
HAND_ON = Ready(
    update(_CONNECTION)
    .where(_CONNECTION.c.id == bindparam("which", type_=Uuid))
    .values(**health.WELL, **_set(_CONNECTION, "cursor"))
)


def _count_and_hand_on() -> Ready:
    counted = _COUNT.returning(_RUN.c.connection_id).cte("counted")
    here = update(_CONNECTION).where(_CONNECTION.c.id == counted.c.connection_id)
    return Ready(here.values(**health.WELL, **_set(_CONNECTION, "cursor")))


#: Both at once, where a database can: PostgreSQL.
COUNT_AND_HAND_ON = _count_and_hand_on()
