"""What a workspace wants to hear of: which kinds by mail, and when a queue is a backlog."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.alerts.models import AlertWishes
from app.db import insert
from app.rules.health.alerting import KINDS
from app.workspaces.models import Member, User

BACKLOG_MINUTES = 60
#: Who is written to: those who can do something about it.
_ROLES = ("owner", "admin")


def get(session: Session, workspace_id: UUID) -> AlertWishes:
    """The wishes, or the defaults: every kind by mail, and an hour of waiting."""
    found = session.get(AlertWishes, workspace_id)
    return found or AlertWishes(
        workspace_id=workspace_id, backlog_minutes=BACKLOG_MINUTES, mail_kinds=list(KINDS)
    )


def change(session: Session, workspace_id: UUID, values: dict[str, Any]) -> AlertWishes:
    """Changes what is given: ``backlog_minutes``, ``mail_kinds``."""
    known = get(session, workspace_id)
    wanted = {
        "backlog_minutes": values.get("backlog_minutes", known.backlog_minutes),
        "mail_kinds": values.get("mail_kinds", known.mail_kinds),
    }
    row = insert(session, AlertWishes).values(workspace_id=workspace_id, **wanted)
    session.execute(
        row.on_conflict_do_update(index_elements=["workspace_id"], set_=wanted).execution_options(
            synchronize_session=False
        )
    )
    return AlertWishes(workspace_id=workspace_id, **wanted)


def backlog_minutes(session: Session, workspace_ids: Collection[UUID]) -> dict[UUID, int]:
    """When waiting is too long, for each of these workspaces."""
    rows = session.execute(
        select(AlertWishes.workspace_id, AlertWishes.backlog_minutes).where(
            AlertWishes.workspace_id.in_(workspace_ids)
        )
    )
    return dict.fromkeys(workspace_ids, BACKLOG_MINUTES) | dict(rows.all())


def receivers(session: Session, workspace_id: UUID) -> list[str]:
    """The addresses of its owners and admins."""
    return list(
        session.scalars(
            select(User.email)
            .join(Member, Member.user_id == User.id)
            .where(Member.workspace_id == workspace_id, Member.role.in_(_ROLES))
            .order_by(User.email)
        )
    )
