"""Site, connection, sync run, and what a connection saw of each row of its source."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified, Json


class Site(Identified, Base):
    """A WordPress site and how to get in; ``secret`` is the encrypted application password.

    ``shop_keys``: the encrypted consumer key and secret of its shop; ``key_ending``: how the key
    ends, as WooCommerce shows it.
    ``rest_root`` is the canonical REST root, "" until discovered. ``is_file``: it is none, but a
    file that somebody brought stands in for one; ``url`` names it then.
    """

    __tablename__ = "site"
    __table_args__ = (UniqueConstraint("workspace_id", "url"),)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    url: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, default="")
    username: Mapped[str] = mapped_column(Text, default="")
    secret: Mapped[str] = mapped_column(Text, default="")
    shop_keys: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    key_ending: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    rest_root: Mapped[str] = mapped_column(Text, default="")
    discovered_at: Mapped[datetime | None]
    is_file: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def has_password(self) -> bool:
        """Whether a login is stored; without one only its owner's approval brings it."""
        return bool(self.secret)

    @property
    def has_keys(self) -> bool:
        """Whether its shop's keys are stored."""
        return bool(self.shop_keys)


class SiteApproval(Identified, Base):
    """A link on which a site's owner approves pressferry, once; its token is kept as a hash.

    ``sentence``: what was wrong when it was followed, "" when nothing was; ``sources``: what could
    be read then, ``[{"title", "state", "detail"}]``.
    """

    __tablename__ = "site_approval"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    sentence: Mapped[str] = mapped_column(Text, default="")
    sources: Mapped[list[dict[str, str]]] = mapped_column(Json, default=list)


class Connection(Identified, Base):
    """A site's source that is pulled: which connector, how often, into what.

    ``schedule``: null (off), ``{"every_minutes": N}`` or ``{"cron": "..."}`` in the workspace's
    time zone. ``state``: ready, or needs_reauth (stopped until somebody mends the login).
    ``cursor`` is what the connector goes on from, null when the next run starts afresh.
    ``mark``: what a finished run left, so that the next asks only for what changed since;
    ``swept_at``: when the last full pass began. ``options``: choices of its connector.
    ``learned``: fields that its rows turned out to have, ``offered``: options that its site turned
    out to offer. ``policy`` and ``policies``: what a site
    may do to fields that are filled, in general and by field. ``consent``: who may be written to,
    null where the source says it. ``form_rule``: how forms without a rule of their own are read.
    ``failing_since``: since when no page came over, ``trouble``: why not; ``is_down``: the site was
    not there, so it is asked again after its rest, however long the schedule would wait.
    ``hidden``: how many rows the source counted and did not show, when all were read last.
    ``pull_by``: when to pull because the site said that something changed; ``pull_for``: what that
    was, as its connector names it.
    """

    __tablename__ = "connection"
    __table_args__ = (UniqueConstraint("site_id", "source"),)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    source: Mapped[str]
    state: Mapped[str] = mapped_column(default="ready")
    schedule: Mapped[dict[str, Any] | None]
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    new_contact_status: Mapped[str] = mapped_column(default="active")
    add_lists: Mapped[list[str]] = mapped_column(default=list)
    add_tags: Mapped[list[str]] = mapped_column(default=list)
    options: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    learned: Mapped[list[Any]] = mapped_column(Json, default=list, server_default=text("'[]'"))
    offered: Mapped[list[Any]] = mapped_column(Json, default=list, server_default=text("'[]'"))
    policy: Mapped[str] = mapped_column(default="site_wins", server_default=text("'site_wins'"))
    policies: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    consent: Mapped[dict[str, Any] | None]
    form_rule: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    cursor: Mapped[dict[str, Any] | None]
    mark: Mapped[dict[str, Any] | None]
    swept_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    rest_until: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    is_down: Mapped[bool] = mapped_column(default=False, server_default=false())
    hidden: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    pull_by: Mapped[datetime | None]
    pull_for: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'"))
    last_run_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class FormRow(Base):
    """A form of a source, met in its rows; ``rule``: how it is read, null: by the default."""

    __tablename__ = "source_form"
    connection_id: Mapped[UUID] = mapped_column(
        ForeignKey("connection.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    rule: Mapped[dict[str, Any] | None]
    met_at: Mapped[datetime]


class SyncRun(Identified, Base):
    """One run of one connection, with its numbers.

    ``state``: queued, running, succeeded, failed, cancelled, held (the guard stopped it).
    ``skipped`` maps a reason to a count. At most one run of a connection is open. A running
    one is owned (``owner``) until ``lease_until``; after that another process resumes it at the
    connection's cursor. ``total``: how many rows the source said it has, as far as is known;
    ``hidden``: how many of them were not shown, since its sweep began. ``faults``: values that
    their fields could not take. ``dry``: nothing is stored but what would become of it;
    ``samples``: encrypted examples of that. ``once``: what only this run gives and asks for,
    ``{"lists", "tags", "options"}``. ``named``: what its site said that it changed, when only that
    is wanted.
    """

    __tablename__ = "sync_run"
    __table_args__ = (
        Index("ix_sync_run_connection", "connection_id", "id"),
        Index(
            "uq_sync_run_open",
            "connection_id",
            unique=True,
            sqlite_where=text("state IN ('queued', 'running')"),
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
    )
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"), index=True)
    connection_id: Mapped[UUID] = mapped_column(ForeignKey("connection.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(default="queued")
    trigger: Mapped[str] = mapped_column(default="manual")
    seen: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    kept: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[dict[str, Any]] = mapped_column(default=dict)
    pages: Mapped[int] = mapped_column(default=0)
    detail: Mapped[str] = mapped_column(Text, default="")
    force: Mapped[bool] = mapped_column(default=False)
    full: Mapped[bool] = mapped_column(default=False, server_default=false())
    dry: Mapped[bool] = mapped_column(default=False, server_default=false())
    once: Mapped[dict[str, Any] | None]
    named: Mapped[list[Any] | None] = mapped_column(Json)
    total: Mapped[int | None]
    hidden: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    faults: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    samples: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    owner: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class RejectedRow(Identified, Base):
    """A row that a run left out, or a value of one: the ``number``-th of the run.

    ``secret``: what it said, encrypted.
    """

    __tablename__ = "rejected_row"
    run_id: Mapped[UUID] = mapped_column(ForeignKey("sync_run.id", ondelete="CASCADE"), index=True)
    source_id: Mapped[str]
    reason: Mapped[str]
    number: Mapped[int]
    secret: Mapped[str] = mapped_column(Text)


class SourceRow(Base):
    """A row of a source that was seen: which contact it became, and a hash of what it said.

    ``said_at``: when, for what a person did. ``groups``: ids of the lists and tags it named.
    """

    __tablename__ = "source_row"
    __table_args__ = (Index("ix_source_row_contact", "contact_id"),)
    connection_id: Mapped[UUID] = mapped_column(
        ForeignKey("connection.id", ondelete="CASCADE"), primary_key=True
    )
    source_id: Mapped[str] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))
    digest: Mapped[str]
    seen_at: Mapped[datetime]
    said_at: Mapped[str] = mapped_column(default="", server_default=text("''"))
    groups: Mapped[list[Any] | None] = mapped_column(Json)


class PurchaseRow(Base):
    """An order of a person at a source; ``parts``: its amount in ten-thousandths of a unit."""

    __tablename__ = "purchase"
    __table_args__ = (Index("ix_purchase_contact", "contact_id", "connection_id"),)
    connection_id: Mapped[UUID] = mapped_column(
        ForeignKey("connection.id", ondelete="CASCADE"), primary_key=True
    )
    source_id: Mapped[str] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    placed_at: Mapped[datetime]
    parts: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    is_paid: Mapped[bool]
