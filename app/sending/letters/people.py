"""What letters may say of the people they go to, read for many at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import CONTACT_FIELDS, Contact
from app.sending.letters.compose import values_of
from app.sending.models import Delivery
from app.statements.many import Rows, among


def seen(session: Session, deliveries: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    """Delivery -> what a template sees of its contact; those that were deleted are missing."""
    if not deliveries:
        return {}
    rows = _SEEN.read(session, {"deliveries": deliveries})
    return {delivery: values_of(email, fields, texts) for delivery, email, fields, *texts in rows}


# Plain columns: rows that nobody changes need not become objects that the session watches.
_SEEN = Rows(
    select(
        Delivery.id,
        *(getattr(Contact, name) for name in ("email", "fields", *CONTACT_FIELDS)),
    )
    .join(Contact, Contact.id == Delivery.contact_id)
    .where(among(Delivery.id, "deliveries"))
)
