"""Organization, workspace, user, member, API key."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified

ROLES = ("owner", "admin", "member", "viewer")
#: Whose From a failed-over mail bears: the other relay's, or only relays with the same one help.
FROM_POLICIES = ("rewrite", "keep_if_verified", "same_from_only")
SCOPES = ("read", "write", "send", "settings")


class Organization(Identified, Base):
    """Holds workspaces together: a company, an agency."""

    __tablename__ = "organization"
    name: Mapped[str]
    created_at: Mapped[datetime]


class Workspace(Identified, Base):
    """The wall around contacts, relays, sites and campaigns; everything belongs to one.

    ``retention``: what is set of ``rules.retention.Kept``.
    ``backup_relay_id``: the one relay that failover uses, NULL: all of the chain.
    ``failover_from_policy``: one of FROM_POLICIES. ``failover_into_transactional``: whether relays
    of that stream help mails of others. ``failover_when_blocked``: whether mail of every stream
    moves to another relay where a destination blocks its own; transactional mail always does.
    ``guards``: what is set of ``rules.guards.LIMITS``, and
    ``pauses``, which of KINDS guards may stop by themselves. ``contact_allocation``: how
    many contacts it may have, NULL for any number.
    """

    __tablename__ = "workspace"
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organization.id"), index=True)
    name: Mapped[str]
    timezone: Mapped[str] = mapped_column(default="UTC")
    retention: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    failover_enabled: Mapped[bool] = mapped_column(default=False)
    backup_relay_id: Mapped[UUID | None]
    failover_from_policy: Mapped[str] = mapped_column(default="rewrite")
    failover_into_transactional: Mapped[bool] = mapped_column(default=False)
    failover_when_blocked: Mapped[bool] = mapped_column(default=False, server_default=false())
    guards: Mapped[dict[str, Any]] = mapped_column(default=dict)
    contact_allocation: Mapped[int | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class User(Identified, Base):
    """A person who can log in. ``email`` is normalised."""

    __tablename__ = "user_account"
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str]
    created_at: Mapped[datetime]


class Member(Identified, Base):
    """A user in a workspace, with a role of ROLES."""

    __tablename__ = "member"
    __table_args__ = (UniqueConstraint("workspace_id", "user_id"),)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    role: Mapped[str]
    created_at: Mapped[datetime]


class ApiKey(Identified, Base):
    """A key ``pf_<id>_<secret>`` of a user for a workspace; of the secret only a hash is kept."""

    __tablename__ = "api_key"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str]
    secret_hash: Mapped[str]
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
