"""Relay: a way out, and whose default it is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, false, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified, Json
from app.rules.routing.primary import ALL, NONE
from app.sending.models.numbers import Number


class Relay(Identified, Base):
    """A way out: provider, credentials, identity, priority, limits and health.

    The columns below "health" belong to the engine. They are in the row so that every process
    agrees. ``open_until``: the breaker; in the past it means that one probe is due, and
    ``probe_attempt`` is that probe. ``refusals``: the recipients refused in a row, as ``[[attempt,
    epoch seconds]]``; from ``distrusted_since`` on no refusal of a recipient is believed.
    ``login_streak``: how often in a row it said that too many log in.
    ``pause_until``: throttled; ``quota_until``: the provider said that its quota is used up.
    ``pace``: how fast it is asked after a throttling; the ``flow`` columns measure how fast it was
    asked (``rules.pacing``); until ``slowed_until`` something is held back from a destination.
    ``tat`` is the theoretical arrival time of GCRA (epoch seconds); the windows hold start (epoch
    seconds) and count of the current hour and day; ``hours`` is ``[[start, count]]`` of each of the
    last 24, where ``rolling_day`` says that the daily limit counts for any 24 hours.

    ``verified_senders``: under which names it may send besides its own, see ``sending.verified``.

    ``mail_type`` is what it serves: one relay per type, exactly one ``all`` (the workspace's
    default), any number ``none``. ``warm_up``: ``{"start": "2026-11-22", "first_day": 50,
    "growth": 2.0, "target": 10000}``; ``warm_up_frozen``: days after which it did not grow.
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
    minute_limit: Mapped[int | None]
    hourly_limit: Mapped[int | None]
    daily_limit: Mapped[int | None]
    rolling_day: Mapped[bool] = mapped_column(default=False, server_default=false())
    warm_up: Mapped[dict[str, Any] | None]
    warm_up_frozen: Mapped[list[str]] = mapped_column(default=list)
    failover_priority: Mapped[int]
    exclude_from_failover: Mapped[bool] = mapped_column(default=False)
    mail_type: Mapped[str] = mapped_column(default=NONE)
    stream: Mapped[str] = mapped_column(default="marketing")
    enabled: Mapped[bool] = mapped_column(default=True)
    paused_at: Mapped[datetime | None]
    paused_reason: Mapped[str] = mapped_column(Text, default="")
    max_connections: Mapped[int] = mapped_column(default=4)
    messages_per_connection: Mapped[int] = mapped_column(default=100)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    verified_senders: Mapped[list[dict[str, Any]]] = mapped_column(
        Json, default=list, server_default="[]"
    )
    # what is known of the return path: see app.rules.envelope
    return_path: Mapped[str] = mapped_column(Text, default="", server_default="")
    return_path_learned: Mapped[str] = mapped_column(default="", server_default="")
    return_path_at: Mapped[datetime | None]
    return_path_words: Mapped[str] = mapped_column(Text, default="", server_default="")
    # health
    fail_streak: Mapped[int] = mapped_column(default=0)
    open_until: Mapped[datetime | None]
    probe_attempt: Mapped[int | None] = mapped_column(Number)
    refusals: Mapped[list[list[float]]] = mapped_column(Json, default=list, server_default="[]")
    distrusted_since: Mapped[datetime | None]
    throttle_streak: Mapped[int] = mapped_column(default=0)
    login_streak: Mapped[int] = mapped_column(default=0, server_default="0")
    pause_until: Mapped[datetime | None]
    quota_until: Mapped[datetime | None]
    last_fault: Mapped[str] = mapped_column(Text, default="")
    last_fault_at: Mapped[datetime | None]
    pace: Mapped[dict[str, Any] | None]
    slowed_until: Mapped[datetime | None]
    flow_messages: Mapped[float] = mapped_column(default=0.0, server_default="0")
    flow_seconds: Mapped[float] = mapped_column(default=0.0, server_default="0")
    flow_at: Mapped[float] = mapped_column(default=0.0, server_default="0")
    tat: Mapped[float] = mapped_column(default=0.0)
    hour_start: Mapped[float] = mapped_column(default=0.0)
    hour_count: Mapped[int] = mapped_column(default=0)
    day_start: Mapped[float] = mapped_column(default=0.0)
    day_count: Mapped[int] = mapped_column(default=0)
    hours: Mapped[list[list[float]]] = mapped_column(Json, default=list, server_default="[]")

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
