"""Keeps what a page's rows prove about who may be written to."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.orm import Session

from app.contacts import proofs
from app.contacts.proofs import Proof
from app.sources.models import FormRow
from app.sources.runs.progress import Progress
from app.statements.many import among
from app.statements.ready import Asking
from connectors import Consent
from sync.mapping import Wanted, storable
from sync.merge import Decision

_LONGEST_NAME = 200
_TITLES = Asking(
    select(FormRow.key, FormRow.title).where(
        FormRow.connection_id == bindparam("connection", type_=Uuid), among(FormRow.key, "forms")
    )
)


def prove(
    session: Session,
    workspace_id: UUID,
    progress: Progress,
    numbered: Iterable[tuple[UUID, Decision]],
    now: datetime,
) -> None:
    """Writes the proofs of these contacts down."""
    said = [
        (contact_id, decision.wanted, consent)
        for contact_id, decision in numbered
        for consent in decision.wanted.consents
    ]
    if not said:
        return
    titles = _titles(session, progress.connection_id, {wanted.form for _, wanted, _ in said})
    found = (
        _proof(progress, titles.get(wanted.form, ""), contact_id, wanted, consent)
        for contact_id, wanted, consent in said
    )
    proofs.record(session, workspace_id, found, now)


def _proof(
    progress: Progress, title: str, contact_id: UUID, wanted: Wanted, consent: Consent
) -> Proof:
    return Proof(
        contact_id,
        consent.is_yes,
        consent.way,
        progress.connection_id,
        progress.source,
        progress.site,
        wanted.source_id,
        wanted.form,
        title,
        storable(consent.key)[:_LONGEST_NAME],
        storable(consent.text),
        storable(consent.value),
        datetime.fromisoformat(consent.at) if consent.at else None,
    )


def _titles(session: Session, connection_id: UUID, forms: set[str]) -> dict[str, str]:
    wanted = forms - {""}
    if not wanted:
        return {}
    found: Any = _TITLES.all(session, {"connection": connection_id, "forms": [*wanted]})
    return dict(found)
