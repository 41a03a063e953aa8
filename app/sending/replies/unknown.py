"""Words that no rule knows: counted, shown to people, and forgotten once a rule knows them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import ids
from app.db import Page, insert, of_workspace, page
from app.rules.replies import masking
from app.rules.replies.meaning import Reply
from app.sending.models import UnknownReply

#: So many kinds are kept for a workspace; what was not heard for longest is forgotten first.
MOST = 1_000


@dataclass(frozen=True, slots=True)
class Unheard:
    """Words that nobody knew, without addresses in them, and who said them where."""

    workspace_id: UUID
    relay_id: UUID
    phase: str
    code: int
    words: str


def keep(session: Session, heard: Mapping[Unheard, int], now: datetime) -> None:
    """Counts what was heard so often."""
    rows: dict[tuple[UUID, str, int, str], dict[str, object]] = {}
    for one, count in heard.items():
        kind = masking.kind(one.words)
        row = rows.setdefault(
            (one.relay_id, one.phase, one.code, kind), _row(one, kind, now) | {"count": 0}
        )
        row["count"] += count  # type: ignore[operator]
    if not rows:
        return
    ordered = [rows[key] for key in sorted(rows, key=str)]
    statement = insert(session, UnknownReply).values(ordered)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "relay_id", "phase", "code", "kind"],
            set_={
                "count": UnknownReply.count + statement.excluded.count,
                "last_seen": statement.excluded.last_seen,
            },
        )
    )
    for workspace_id in sorted({one.workspace_id for one in heard}):
        _forget_oldest(session, workspace_id)


def _row(one: Unheard, kind: str, now: datetime) -> dict[str, object]:
    return {
        "id": ids.new_id(),
        "workspace_id": one.workspace_id,
        "relay_id": one.relay_id,
        "phase": one.phase,
        "code": one.code,
        "kind": kind,
        "example": one.words,
        "first_seen": now,
        "last_seen": now,
    }


def _forget_oldest(session: Session, workspace_id: UUID) -> None:
    surplus = (
        select(UnknownReply.id)
        .where(UnknownReply.workspace_id == workspace_id)
        .order_by(UnknownReply.last_seen.desc(), UnknownReply.id.desc())
        .offset(MOST)
    )
    session.execute(
        delete(UnknownReply)
        .where(UnknownReply.id.in_(surplus))
        .execution_options(synchronize_session=False)
    )


def listed(
    session: Session, workspace_id: UUID, *, number: int = 1, per_page: int = 50
) -> Page[UnknownReply]:
    """What is not known, heard most often first."""
    query = select(UnknownReply).where(UnknownReply.workspace_id == workspace_id)
    ordered = query.order_by(UnknownReply.count.desc(), UnknownReply.id)
    return page(session, ordered, page=number, per_page=per_page)


def forget(session: Session, workspace_id: UUID, unknown_id: UUID) -> None:
    """Takes one off the list; it comes back when it is heard again. Raises NotFound."""
    session.delete(of_workspace(session, UnknownReply, workspace_id, unknown_id, "unknown reply"))
    session.flush()


def forget_known(
    session: Session, workspace_id: UUID, is_known: Callable[[Reply, UUID], bool]
) -> None:
    """Takes off the list what a rule knows by now; ``is_known`` is asked with the relay's id."""
    mine = select(UnknownReply).where(UnknownReply.workspace_id == workspace_id)
    for one in session.scalars(mine):
        if is_known(Reply(one.phase, one.code, one.example), one.relay_id):
            session.delete(one)
    session.flush()
