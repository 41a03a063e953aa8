"""Who is in a workspace, and in which role; the last owner always stays."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid, NotFound
from app.workspaces.models import ROLES, Member, User, Workspace


def user(session: Session, address: str, *, password_hash: str = "", now: datetime) -> User:
    """The user with the normalised ``address``; made when there is none."""
    known = session.scalar(select(User).where(User.email == address))
    if known is not None:
        return known
    made = User(email=address, password_hash=password_hash, created_at=now)
    session.add(made)
    session.flush()
    return made


def add(session: Session, workspace_id: UUID, *, user_id: UUID, role: str, now: datetime) -> Member:
    """Takes a user in. Raises Conflict when she is in already."""
    _check(role)
    if _find(session, workspace_id, user_id) is not None:
        raise Conflict("This user is a member already: change the role instead.")
    made = Member(workspace_id=workspace_id, user_id=user_id, role=role, created_at=now)
    session.add(made)
    session.flush()
    return made


def change_role(session: Session, workspace_id: UUID, *, user_id: UUID, role: str) -> Member:
    """Gives a member another role. Raises Conflict for the last owner."""
    _check(role)
    member = _get(session, workspace_id, user_id)
    if member.role == "owner" and role != "owner":
        _check_another_owner(session, workspace_id)
    member.role = role
    session.flush()
    return member


def remove(session: Session, workspace_id: UUID, *, user_id: UUID) -> None:
    """Sends a member away; her keys no longer open anything. Raises Conflict for the last owner."""
    member = _get(session, workspace_id, user_id)
    if member.role == "owner":
        _check_another_owner(session, workspace_id)
    session.delete(member)
    session.flush()


def _find(session: Session, workspace_id: UUID, user_id: UUID) -> Member | None:
    return session.scalar(
        select(Member).where(Member.workspace_id == workspace_id, Member.user_id == user_id)
    )


def _get(session: Session, workspace_id: UUID, user_id: UUID) -> Member:
    member = _find(session, workspace_id, user_id)
    if member is None:
        raise NotFound("There is no such member.")
    return member


def _check(role: str) -> None:
    if role not in ROLES:
        raise Invalid(f"There is no such role: give one of {', '.join(ROLES)}.")


def _check_another_owner(session: Session, workspace_id: UUID) -> None:
    # The row of the workspace is the lock: two owners may not demote each other at once.
    session.execute(select(Workspace.id).where(Workspace.id == workspace_id).with_for_update())
    owners = session.scalar(
        select(func.count()).where(Member.workspace_id == workspace_id, Member.role == "owner")
    )
    if (owners or 0) < 2:
        raise Conflict("This is the last owner: make somebody else an owner first.")
