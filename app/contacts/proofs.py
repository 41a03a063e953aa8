"""Proofs of consent: what was seen, where and when; kept once, never changed."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from hashlib import blake2b
from operator import attrgetter
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import ids
from app.contacts import find
from app.contacts.models import ConsentProof
from app.db import Page, page
from app.statements.put import Put


@dataclass(frozen=True, slots=True)
class Proof:
    """One proof; the words are those of ConsentProof."""

    contact_id: UUID
    is_yes: bool
    way: str
    connection_id: UUID | None = None
    source: str = ""
    site: str = ""
    row: str = ""
    form: str = ""
    form_title: str = ""
    field: str = ""
    text: str = ""
    value: str = ""
    said_at: datetime | None = None


_NAMES = [one.name for one in fields(Proof)]
_values = attrgetter(*_NAMES)
#: What makes a proof another one: what a form is called may change.
_told = attrgetter(*(name for name in _NAMES if name != "form_title"))
_KEEP = Put(ConsentProof, ["id", "workspace_id", "recorded_at", "digest", *_NAMES])


def record(session: Session, workspace_id: UUID, proofs: Iterable[Proof], now: datetime) -> None:
    """Keeps what is not kept yet."""
    fresh = ids.several()
    rows = [(next(fresh), workspace_id, now, _digest(proof), *_values(proof)) for proof in proofs]
    _KEEP.rows(session, rows)


def listed(
    session: Session, workspace_id: UUID, contact_id: UUID, *, number: int, per_page: int
) -> Page[ConsentProof]:
    """The proofs of a contact, newest first. Raises NotFound for the contact."""
    find.get(session, workspace_id, contact_id)
    query = (
        select(ConsentProof)
        .where(ConsentProof.contact_id == contact_id)
        .order_by(ConsentProof.id.desc())
    )
    return page(session, query, page=number, per_page=per_page)


def _digest(proof: Proof) -> str:
    return blake2b(repr(list(_told(proof))).encode(), digest_size=16).hexdigest()
