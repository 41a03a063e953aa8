"""Raises an alert in the transaction that found the fact, and ends it when it is over."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import case, text, update
from sqlalchemy.orm import Session

from app import ids
from app.alerts.models import Alert
from app.db import insert
from app.rules.health.alerting import KINDS

_MOST = 1_000


def raise_(
    session: Session, workspace_id: UUID, kind: str, about: str, sentence: str, *, now: datetime
) -> None:
    """Something is wrong; while it lasts, saying it again only counts. ``kind``: one of KINDS.

    ``about``: the id of what it is about, "" for the workspace itself. Never fails because of
    whoever shall be told: that is done later, by others.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no kind of alert {kind!r}")
    row = insert(session, Alert).values(
        id=ids.new_id(),
        workspace_id=workspace_id,
        kind=kind,
        about=about,
        sentence=sentence[:_MOST],
        raised_at=now,
        last_at=now,
        times=1,
        news="raised",
    )
    session.execute(
        row.on_conflict_do_update(
            index_elements=["workspace_id", "kind", "about"],
            index_where=text("closed_at IS NULL"),
            set_={
                "times": Alert.times + 1,
                "last_at": now,
                "sentence": row.excluded.sentence,
            },
        )
    )


def over(session: Session, workspace_id: UUID, kind: str, about: str, *, now: datetime) -> None:
    """It is over; nothing happens when there was none. Only whose beginning was told of is told
    of again.
    """
    session.execute(
        update(Alert)
        .where(
            Alert.workspace_id == workspace_id,
            Alert.kind == kind,
            Alert.about == about,
            Alert.closed_at.is_(None),
        )
        .values(closed_at=now, news=case((Alert.news == "told", "over"), else_=""))
        .execution_options(synchronize_session=False)
    )
