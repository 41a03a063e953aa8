"""Proofs of consent: what was seen, where and when; kept once, never changed."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import ids
from app.contacts import find
from app.contacts.models import ConsentProof
from app.db import Page, insert, page


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


def record(session: Session, workspace_id: UUID, proofs: Iterable[Proof], now: datetime) -> None:
    """Keeps what is not kept yet."""
    more = {"workspace_id": workspace_id, "recorded_at": now}
    rows = [
        {"id": ids.new_id(), **asdict(proof), **more, "digest": _digest(proof)} for proof in proofs
    ]
    if rows:
        session.connection().execute(insert(session, ConsentProof).on_conflict_do_nothing(), rows)


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
    said = repr([value for name, value in asdict(proof).items() if name != "form_title"])
    return blake2b(said.encode(), digest_size=16).hexdigest()
