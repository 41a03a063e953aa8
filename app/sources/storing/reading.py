"""The statements that find whom a page of rows may be about, each built once.

Rows, addresses and ids come in as a JSON array each, so that a statement has the same words for
every page. PostgreSQL looks contacts up one by one (LATERAL with LIMIT 1): as long as it has not
counted the table it would rather read everybody in the workspace than look for a hundred addresses.
Where two indexes look equally good to it then, only the one that we mean comes in the order that is
asked for (from an address to the same address, because an order by what is equal is none), or can
serve at all (a workspace or a connection compared as text has no index).
"""

import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
    type_coerce,
    union,
)

from app.contacts.models import CONTACT_FIELDS, Contact, ContactList, ContactTag, Suppression
from app.sources.models import PurchaseRow, SourceRow
from app.statements.ready import Asking

_HERE = SourceRow.connection_id == bindparam("connection", type_=Uuid)
#: The same, but to be looked at only after what else is asked for was found.
_ALSO_HERE = cast(SourceRow.connection_id, Text) == cast(bindparam("connection", type_=Uuid), Text)
_WORKSPACE = bindparam("workspace", type_=Uuid)
_IN = Contact.workspace_id == _WORKSPACE
_ONE: Any = literal_column("1")
#: To leave none out keeps PostgreSQL from looking for all of them at once.
_NONE: Any = literal_column("0")
_EVERYTHING = (
    *(Contact.id, Contact.address, Contact.status, Contact.email, Contact.fields, Contact.edited),
    Contact.origins,
    *(getattr(Contact, name) for name in CONTACT_FIELDS),
)


def array(values: Iterable[str | UUID]) -> str:
    """Several values as one, each once."""
    found = dict.fromkeys(values)
    return json.dumps([one if isinstance(one, str) else one.hex for one in found])


def _given(name: str, dialect: str) -> Any:
    """The values of a JSON array, as a table with one column."""
    said = bindparam(name, type_=Text)
    if dialect == "sqlite":
        return func.json_each(said).table_valued("value")
    return func.json_array_elements_text(cast(said, JSON)).table_valued("value")


def _one_of(column: Any, name: str, dialect: str) -> Any:
    found = select(type_coerce(_given(name, dialect).c.value, column.type))
    if dialect == "sqlite":
        return column.in_(found)
    if isinstance(column.type, Uuid):
        found = select(cast(_given(name, dialect).c.value, Uuid))
    return column == func.any(func.array(found.scalar_subquery()))


def _asking(build: Callable[[str], Any]) -> Asking:
    """Planned anew each time: see the top of this file."""
    return Asking(build("sqlite"), on_postgresql=build("postgresql"), keeps_plan=False)


def _owners(dialect: str) -> Any:
    about = _one_of(SourceRow.contact_id, "contacts", dialect)
    return select(SourceRow.contact_id, SourceRow.source_id).where(
        _ALSO_HERE, about, SourceRow.said_at == ""
    )


def _newest(dialect: str) -> Any:
    said = select(SourceRow.contact_id, func.max(SourceRow.said_at))
    about = _one_of(SourceRow.contact_id, "contacts", dialect)
    return said.where(_ALSO_HERE, about).group_by(SourceRow.contact_id)


def _groups(link: type[ContactList | ContactTag], group: Any, dialect: str) -> Any:
    some = select(link.contact_id, group)
    if dialect == "sqlite":
        here = _one_of(link.contact_id, "contacts", dialect)
        return some.where(here, _one_of(group, "groups", dialect))
    # By an index for what is in a list, PostgreSQL would read all of it for each of the contacts.
    some = some.where(_one_of(func.coalesce(group, group), "groups", dialect))
    said = _given("contacts", dialect)
    mine = some.where(link.contact_id == cast(said.c.value, Uuid)).offset(_NONE)
    hers = mine.correlate(said).lateral()
    return select(hers).select_from(said).join(hers, true())


def _bought(dialect: str) -> Any:
    here = cast(PurchaseRow.connection_id, Text) == cast(bindparam("connection", type_=Uuid), Text)
    who, when = PurchaseRow.contact_id, PurchaseRow.placed_at
    amounts = (func.count().label("number"), func.sum(PurchaseRow.parts).label("parts"))
    times = (func.min(when).label("first_at"), func.max(when).label("last_at"))
    sums = select(who, PurchaseRow.currency, *amounts, *times).where(here, PurchaseRow.is_paid)
    sums = sums.group_by(who, PurchaseRow.currency)
    if dialect == "sqlite":
        return sums.where(_one_of(who, "contacts", dialect))
    said = _given("contacts", dialect)
    hers = sums.where(who == cast(said.c.value, Uuid)).correlate(said).lateral()
    return select(hers).select_from(said).join(hers, true())


def _refused(dialect: str) -> Any:
    here = Suppression.workspace_id == _WORKSPACE
    some = _one_of(Suppression.address, "addresses", dialect)
    return select(Suppression.address, Suppression.reason).where(here, some)


def _seen(dialect: str) -> Any:
    row = (SourceRow.source_id, SourceRow.digest, SourceRow.contact_id, SourceRow.groups)
    return select(*row).where(_HERE, _one_of(SourceRow.source_id, "rows", dialect))


def _contacts(dialect: str, *, with_ids: bool) -> Any:
    build = _contacts_on_sqlite if dialect == "sqlite" else _contacts_on_postgresql
    return build(with_ids=with_ids)


def _contacts_on_sqlite(*, with_ids: bool) -> Any:
    which = _one_of(Contact.address, "addresses", "sqlite")
    if with_ids:
        which = or_(which, _one_of(Contact.id, "ids", "sqlite"))
    return select(*_EVERYTHING).where(_IN, which).order_by(Contact.id)


def _contacts_on_postgresql(*, with_ids: bool) -> Any:
    """Locks them in the order of their ids, as everybody does who locks several."""
    said = _given("addresses", "postgresql")
    is_hers = Contact.address.between(said.c.value, said.c.value)
    one: Any = select(Contact.id).where(_IN, is_hers).order_by(Contact.address)
    one = one.limit(_ONE).correlate(said).lateral()
    known: Any = select(one.c.id).select_from(said).join(one, true())
    if with_ids:
        ids = _given("ids", "postgresql")
        known = union(known, select(cast(ids.c.value, Uuid)))
    ordered = known.order_by("id").subquery()
    here = cast(Contact.workspace_id, Text) == cast(_WORKSPACE, Text)
    row: Any = select(*_EVERYTHING).where(here, Contact.id == ordered.c[0]).limit(_ONE)
    row = row.with_for_update().correlate(ordered).lateral()
    return select(row).select_from(ordered).join(row, true())


#: What each of ``rows`` said the last time.
SEEN = _asking(_seen)
#: The row that stands for each of ``contacts``; what they did is none.
OWNERS = _asking(_owners)
#: When something was last told that each of ``contacts`` did.
NEWEST = _asking(_newest)
#: Which of ``groups`` each of ``contacts`` is in.
LISTS = _asking(partial(_groups, ContactList, ContactList.list_id))
TAGS = _asking(partial(_groups, ContactTag, ContactTag.tag_id))
#: What each of ``contacts`` bought and paid, by currency.
BOUGHT = _asking(_bought)
#: Those of ``addresses`` that nobody may write to, and why.
REFUSED = _asking(_refused)
#: The contacts that have one of ``addresses``, locked.
BY_ADDRESS = _asking(partial(_contacts, with_ids=False))
#: The same, and those with one of ``ids``.
CONTACTS = _asking(partial(_contacts, with_ids=True))
