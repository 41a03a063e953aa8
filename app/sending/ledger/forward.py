"""Mails that wait for the moment at which a relay is asked again: it may be asked earlier."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.sending.models import Delivery, Dispatch


def bring_forward(
    session: Session, workspace_id: UUID, moments: Collection[datetime], *, now: datetime
) -> None:
    """What was tried and is due at one of ``moments`` is due now; they are exact to the
    microsecond, so what waits for another reason stays where it is.
    """
    open_ = select(Dispatch.id).where(
        Dispatch.workspace_id == workspace_id, Dispatch.finished_at.is_(None)
    )
    session.execute(
        update(Delivery)
        .where(
            Delivery.dispatch_id.in_(open_),
            Delivery.state == "queued",
            Delivery.tries > 0,
            Delivery.due_at.in_(sorted(moments)),
        )
        .values(due_at=now)
        .execution_options(synchronize_session=False)
    )
