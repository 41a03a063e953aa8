"""Mails that wait for the moment at which a relay is asked again: it may be asked earlier."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from app.rules.pace import destinations
from app.sending.models import Delivery, Dispatch


def bring_forward(
    session: Session, workspace_id: UUID, moments: Collection[datetime], *, now: datetime
) -> None:
    """What was tried and is due at one of ``moments`` is due now; they are exact to the
    microsecond, so what waits for another reason stays where it is.
    """
    session.execute(
        update(Delivery)
        .where(
            Delivery.dispatch_id.in_(_open(workspace_id)),
            Delivery.state == "queued",
            Delivery.tries > 0,
            Delivery.due_at.in_(sorted(moments)),
        )
        .values(due_at=now)
        .execution_options(synchronize_session=False)
    )


def let_go(session: Session, workspace_id: UUID, destination: str, *, now: datetime) -> None:
    """Who was given a turn at a destination is due now. Whom another relay holds back there, or who
    only seems to be of the same family, is looked at once more, and gets another turn.
    """
    domains = destinations.domains_of(destination)
    there = [
        Delivery.address.contains(f"@{one.removesuffix('*')}", autoescape=True)
        if one.endswith(".*")
        else Delivery.address.endswith(f"@{one}", autoescape=True)
        for one in domains
    ]
    session.execute(
        update(Delivery)
        .where(
            Delivery.dispatch_id.in_(_open(workspace_id)),
            Delivery.state == "queued",
            Delivery.due_at > now,
            Delivery.reason == destinations.WAITS,
            or_(*there),
        )
        .values(due_at=now, reason="")
        .execution_options(synchronize_session=False)
    )


def _open(workspace_id: UUID) -> Select[UUID]:
    return select(Dispatch.id).where(
        Dispatch.workspace_id == workspace_id, Dispatch.finished_at.is_(None)
    )
