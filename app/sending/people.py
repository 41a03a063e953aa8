"""What letters may say of the people they go to, read for many at once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.contacts.models import CONTACT_FIELDS, Contact
from app.sending.compose import contact_values


def seen(session: Session, wanted: Sequence[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """Contact -> what a template sees of it; those that were deleted are missing."""
    if not wanted:
        return {}
    rows = session.connection().execute(_SEEN, {"wanted": wanted})
    return {row.id: contact_values(row) for row in rows}


# Plain columns: rows that nobody changes need not become objects that the session watches.
_SEEN = select(
    *(getattr(Contact, name) for name in ("id", "email", "fields", *CONTACT_FIELDS))
).where(Contact.id.in_(bindparam("wanted", expanding=True)))
