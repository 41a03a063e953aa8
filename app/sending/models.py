"""Relay, content, dispatch, delivery, attempt, sender: the ledger and what it is about."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified
from app.rules.primary import ALL, NONE

#: Numbers of the ledger: narrow rows, cheap indexes. INTEGER on SQLite is 64 bits too.
Number = BigInteger().with_variant(Integer, "sqlite")


class Relay(Identified, Base):
    """A way out: provider, credentials, identity, priority, limits and health.

    The columns below "health" belong to the engine. They are in the row so that every process
    agrees. ``open_until``: the breaker; in the past it means that one probe is due, and
    ``probe_attempt`` is that probe. ``pause_until``: throttled; ``quota_until``: the provider
    said that its quota is used up. ``tat`` is the theoretical arrival time of GCRA (epoch
    seconds); the windows hold start (epoch seconds) and count of the current hour and day.

    ``mail_type`` is what it serves: one relay per type, exactly one ``all`` (the workspace's
    default), any number ``none``. ``warm_up``: ``{"start": "2026-11-22", "first_day": 50,
    "growth": 2.0, "target": 10000}``.
    """

    __tablename__ = "relay"
    __table_args__ = (
        UniqueConstraint("workspace_id", "name"),
        Index("ix_relay_chain", "workspace_id", "failover_priority", "id"),
        Index(
            "uq_relay_mail_type",
            "workspace_id",
            "mail_type",
            unique=True,
            sqlite_where=text("mail_type <> 'none'"),
            postgresql_where=text("mail_type <> 'none'"),
        ),
    )
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    name: Mapped[str]
    provider: Mapped[str] = mapped_column(default="smtp")
    preset: Mapped[str] = mapped_column(default="custom")
    host: Mapped[str]
    port: Mapped[int]
    encryption: Mapped[str]
    username: Mapped[str] = mapped_column(Text, default="")
    secret: Mapped[str] = mapped_column(Text, default="")
    from_email: Mapped[str] = mapped_column(Text)
    from_name: Mapped[str] = mapped_column(Text, default="")
    reply_to_email: Mapped[str] = mapped_column(Text, default="")
    reply_to_name: Mapped[str] = mapped_column(Text, default="")
    description: Mapped[str] = mapped_column(Text, default="")
    rate_per_second: Mapped[float | None]
    hourly_limit: Mapped[int | None]
    daily_limit: Mapped[int | None]
    warm_up: Mapped[dict[str, Any] | None]
    failover_priority: Mapped[int]
    exclude_from_failover: Mapped[bool] = mapped_column(default=False)
    mail_type: Mapped[str] = mapped_column(default=NONE)
    stream: Mapped[str] = mapped_column(default="marketing")
    enabled: Mapped[bool] = mapped_column(default=True)
    max_connections: Mapped[int] = mapped_column(default=4)
    messages_per_connection: Mapped[int] = mapped_column(default=100)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    # health
    fail_streak: Mapped[int] = mapped_column(default=0)
    open_until: Mapped[datetime | None]
    probe_attempt: Mapped[int | None] = mapped_column(Number)
    throttle_streak: Mapped[int] = mapped_column(default=0)
    pause_until: Mapped[datetime | None]
    quota_until: Mapped[datetime | None]
    last_fault: Mapped[str] = mapped_column(Text, default="")
    last_fault_at: Mapped[datetime | None]
    tat: Mapped[float] = mapped_column(default=0.0)
    hour_start: Mapped[float] = mapped_column(default=0.0)
    hour_count: Mapped[int] = mapped_column(default=0)
    day_start: Mapped[float] = mapped_column(default=0.0)
    day_count: Mapped[int] = mapped_column(default=0)

    @hybrid_property
    def is_default(self) -> bool:
        """Whether it takes what no other relay was chosen for."""
        return self.mail_type == ALL


class UserRelay(Base):
    """The relay that a user's campaigns take when neither a pin nor their type says another."""

    __tablename__ = "user_relay"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    relay_id: Mapped[UUID] = mapped_column(ForeignKey("relay.id"), index=True)


class Content(Identified, Base):
    """What a dispatch says, frozen at launch: Liquid sources, ready to be compiled."""

    __tablename__ = "content"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    subject: Mapped[str] = mapped_column(Text)
    preheader: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class Dispatch(Identified, Base):
    """One launch as sending sees it: what, from whom, from when, and whether it is held.

    ``hold``: "" (go), ``paused`` or ``cancelled``. ``relay_id``: the pin, if any; without one
    ``mail_type`` and ``user_id``, the sending user, choose. ``pool``: the relays it rotates over.
    ``from_email`` "" means: the identity of whatever relay sends. ``domain`` is what the
    Message-IDs are made with, the same through every failover. ``promise``: ``never_twice`` or
    ``at_least_once``, what is done where nobody can know. ``finished_at`` is set when no
    delivery is open any more.
    """

    __tablename__ = "dispatch"
    __table_args__ = (Index("ix_dispatch_open", "finished_at", "hold", "ready_at"),)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    content_id: Mapped[UUID] = mapped_column(ForeignKey("content.id"))
    label: Mapped[str] = mapped_column(Text, default="")
    relay_id: Mapped[UUID | None]
    mail_type: Mapped[str] = mapped_column(default="newsletter")
    stream: Mapped[str] = mapped_column(default="marketing")
    user_id: Mapped[UUID | None]
    pool: Mapped[list[str]] = mapped_column(default=list)
    from_email: Mapped[str] = mapped_column(Text, default="")
    from_name: Mapped[str] = mapped_column(Text, default="")
    reply_to_email: Mapped[str] = mapped_column(Text, default="")
    reply_to_name: Mapped[str] = mapped_column(Text, default="")
    domain: Mapped[str] = mapped_column(Text)
    promise: Mapped[str] = mapped_column(default="never_twice")
    hold: Mapped[str] = mapped_column(default="")
    hold_reason: Mapped[str] = mapped_column(Text, default="")
    ready_at: Mapped[datetime]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Delivery(Base):
    """One message to one contact: a line of the ledger, in exactly one state.

    ``state``: queued, claimed, begun (both "sending" outside), sent, bounced, rejected, failed,
    suppressed, cancelled, unknown. ``relay_id`` is set when the delivery must stay on a relay
    (it was deferred there); ``primary_id`` is whose turn it is when the dispatch rotates.
    ``tries`` counts attempts that reached a result; ``round`` counts passes through the chain.
    ``reason`` says in words why it is where it is.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("dispatch_id", "address"),
        Index("ix_delivery_due", "dispatch_id", "state", "due_at", "id"),
        Index(
            "ix_delivery_owner",
            "sender_id",
            sqlite_where=text("sender_id IS NOT NULL"),
            postgresql_where=text("sender_id IS NOT NULL"),
        ),
        Index("ix_delivery_contact", "contact_id"),
        Index(
            "ix_delivery_share",
            "dispatch_id",
            "primary_id",
            "state",
            "due_at",
            sqlite_where=text("primary_id IS NOT NULL"),
            postgresql_where=text("primary_id IS NOT NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    dispatch_id: Mapped[UUID] = mapped_column(ForeignKey("dispatch.id"))
    contact_id: Mapped[UUID]
    email: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(default="queued")
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    round: Mapped[int] = mapped_column(default=0)
    relay_id: Mapped[UUID | None]
    primary_id: Mapped[UUID | None]
    sender_id: Mapped[UUID | None]
    first_tried_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")


class Attempt(Base):
    """One try of a delivery through one relay; ``outcome`` is NULL while it is open.

    At most one is open per delivery. ``outcome``: accepted, throttled, deferred, bounced,
    rejected, refused, unauthorized, unknown, or void (nothing was said to the relay).
    """

    __tablename__ = "attempt"
    __table_args__ = (
        Index("ix_attempt_delivery", "delivery_id"),
        Index(
            "uq_attempt_open",
            "delivery_id",
            unique=True,
            sqlite_where=text("outcome IS NULL"),
            postgresql_where=text("outcome IS NULL"),
        ),
        Index(
            "ix_attempt_sender_open",
            "sender_id",
            sqlite_where=text("outcome IS NULL"),
            postgresql_where=text("outcome IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    delivery_id: Mapped[int] = mapped_column(Number, ForeignKey("delivery.id"))
    relay_id: Mapped[UUID]
    sender_id: Mapped[UUID]
    round: Mapped[int]
    from_email: Mapped[str] = mapped_column(Text)
    begun_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    phase: Mapped[str] = mapped_column(default="")
    code: Mapped[int | None]
    text: Mapped[str] = mapped_column(Text, default="")


class Sender(Identified, Base):
    """A process that sends, alive as long as it keeps its lease."""

    __tablename__ = "sender"
    host: Mapped[str]
    boot_id: Mapped[str]
    started_at: Mapped[datetime]
    lease_until: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
