"""The statements that find whom a page of rows may be about, each built once."""

from typing import Any

from sqlalchemy import bindparam, func, or_, select

from app.contacts.models import CONTACT_FIELDS, Contact
from app.sources.models import SourceRow

_HERE = SourceRow.connection_id == bindparam("connection")
_ABOUT: Any = SourceRow.contact_id.in_(bindparam("contacts", expanding=True))

#: What each of ``rows`` said the last time.
SEEN = select(SourceRow.source_id, SourceRow.contact_id, SourceRow.digest, SourceRow.groups).where(
    _HERE, SourceRow.source_id.in_(bindparam("rows", expanding=True))
)

#: The row that stands for each of ``contacts``; what they did is none.
OWNERS = select(SourceRow.contact_id, SourceRow.source_id).where(
    _HERE, _ABOUT, SourceRow.said_at == ""
)

#: When something was last told that each of ``contacts`` did.
NEWEST = (
    select(SourceRow.contact_id, func.max(SourceRow.said_at))
    .where(_HERE, _ABOUT)
    .group_by(SourceRow.contact_id)
)

_EVERYTHING = select(
    *(Contact.id, Contact.address, Contact.status, Contact.email, Contact.fields, Contact.edited),
    Contact.origins,
    *(getattr(Contact, name) for name in CONTACT_FIELDS),
)
_ADDRESSED = Contact.address.in_(bindparam("addresses", expanding=True))
_IN = Contact.workspace_id == bindparam("workspace")

#: The contacts that have one of ``addresses``, locked.
BY_ADDRESS = _EVERYTHING.where(_IN, _ADDRESSED).order_by(Contact.id).with_for_update()
#: The same, and those with one of ``ids``.
CONTACTS = (
    _EVERYTHING.where(_IN, or_(_ADDRESSED, Contact.id.in_(bindparam("ids", expanding=True))))
    .order_by(Contact.id)
    .with_for_update()
)
