"""Rows that a run left out: kept for a while, encrypted, so that people see what is wrong."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app import ids
from app.db import insert
from app.sources.models import RejectedRow, SyncRun
from app.sources.runs import control
from app.vault import Vault, WrongKey
from sync.mapping import storable
from sync.reading import Rejected

#: Of one run so many are kept: who has more, has one mistake a thousand times.
MOST = 1000
#: Those of older runs are removed.
MOST_RUNS = 5
_MOST_FIELDS = 20
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Line:
    """A row that was left out, as it is told."""

    source_id: str
    reason: str
    detail: str
    email: str
    fields: dict[str, str]


def keep(session: Session, vault: Vault, run_id: UUID, rejected: Sequence[Rejected]) -> None:
    """Writes down what a page left out, as long as there are not too many."""
    if not rejected:
        return
    count = select(func.count()).where(RejectedRow.run_id == run_id)
    kept = session.scalar(count) or 0
    rows = [
        {
            "id": ids.new_id(),
            "run_id": run_id,
            "source_id": one.source_id,
            "reason": one.reason,
            "number": number,
            "secret": vault.close(_said(one)),
        }
        for number, one in enumerate(rejected[: max(0, MOST - kept)], kept)
    ]
    if rows:
        session.connection().execute(insert(session, RejectedRow), rows)


def show(session: Session, run_id: UUID, samples: str) -> None:
    """Keeps the (encrypted) examples of a dry run."""
    which = update(SyncRun).where(SyncRun.id == run_id).values(samples=samples)
    session.execute(which.execution_options(synchronize_session=False))


def samples(run: SyncRun, vault: Vault) -> list[dict[str, Any]]:
    """The examples of a dry run; none when their key is gone."""
    try:
        found: list[dict[str, Any]] = json.loads(vault.open(run.samples)) if run.samples else []
    except WrongKey:
        return []
    return found


def forget(session: Session, connection_id: UUID) -> None:
    """Removes what older runs of a connection left out, and what was shown of them."""
    query = select(SyncRun.id).where(SyncRun.connection_id == connection_id)
    newest = session.scalars(query.order_by(SyncRun.id.desc()).limit(MOST_RUNS)).all()
    old = query.where(SyncRun.id.not_in(newest))
    session.execute(
        delete(RejectedRow)
        .where(RejectedRow.run_id.in_(old))
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(SyncRun)
        .where(SyncRun.id.in_(old), SyncRun.samples != "")
        .values(samples="")
        .execution_options(synchronize_session=False)
    )


def listed(session: Session, workspace_id: UUID, run_id: UUID, vault: Vault) -> Iterator[Line]:
    """What a run left out, in order. Raises NotFound for the run."""
    control.get(session, workspace_id, run_id)
    query = select(RejectedRow).where(RejectedRow.run_id == run_id).order_by(RejectedRow.number)
    return (_line(row, vault) for row in session.scalars(query).all())


def _said(one: Rejected) -> str:
    fields = {
        storable(key)[:_LONGEST]: storable(value)[:_LONGEST]
        for key, value in list(one.fields.items())[:_MOST_FIELDS]
    }
    said = {"email": storable(one.email)[:_LONGEST], "fields": fields, "detail": one.detail}
    return json.dumps(said)


def _line(row: RejectedRow, vault: Vault) -> Line:
    try:
        said = json.loads(vault.open(row.secret))
    except WrongKey:
        said = {"email": "", "fields": {}, "detail": "was encrypted with another master key"}
    return Line(row.source_id, row.reason, said["detail"], said["email"], said["fields"])
