"""The first minute of an installation: an organization, a workspace, an owner and a key."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid
from app.rules import email_address
from app.workspaces import keys, members, passwords
from app.workspaces.models import SCOPES, Organization, User, Workspace


def found(
    session: Session,
    *,
    email: str,
    organization: str,
    workspace: str,
    password: str,
    now: datetime,
) -> tuple[Workspace, User, str]:
    """The first workspace, its owner, and the text of a key with all scopes.

    Raises Conflict when there is a workspace already, Invalid for an e-mail address or a
    password that will not do.
    """
    if session.scalar(select(Workspace.id).limit(1)) is not None:
        raise Conflict("There is a workspace here already: nothing was changed.")
    return establish(
        session,
        email=email,
        organization=organization,
        workspace=workspace,
        password=password,
        now=now,
    )


def establish(
    session: Session,
    *,
    email: str,
    organization: str,
    workspace: str,
    password: str,
    now: datetime,
) -> tuple[Workspace, User, str]:
    """A workspace in an organization of its own, however many there are; else like ``found``."""
    user = _new_user(session, email, password, now)
    home = Organization(name=_name(organization, "organization"), created_at=now)
    session.add(home)
    session.flush()
    opened = Workspace(
        organization_id=home.id,
        name=_name(workspace, "workspace"),
        created_at=now,
        updated_at=now,
    )
    session.add(opened)
    session.flush()
    members.add(session, opened.id, user_id=user.id, role="owner", now=now)
    _, text = keys.make(
        session, opened.id, user_id=user.id, name="first key", scopes=list(SCOPES), now=now
    )
    return opened, user, text


def _new_user(session: Session, email: str, password: str, now: datetime) -> User:
    parsed = email_address.parse(email)
    if parsed is None:
        raise Invalid(f"'{email[:100]}' is not an e-mail address.", {"email": ["is not one"]})
    if len(password) < passwords.SHORTEST:
        raise Invalid(f"The password needs at least {passwords.SHORTEST} characters.")
    return members.user(
        session, parsed.address, password_hash=passwords.hash_password(password), now=now
    )


def _name(value: str, what: str) -> str:
    name = value.strip()
    if not 1 <= len(name) <= 255 or not name.isprintable():
        raise Invalid(f"The name of the {what} must be one line of 1 to 255 characters.")
    return name
