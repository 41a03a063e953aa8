"""Rules about replies that people wrote, and replies that no rule knows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified


class ReplyRule(Identified, Base):
    """What some answers mean, asked in the order of ``position`` before all other rules.

    It is about one relay (``relay_id``), about all of one service (``preset``), or about all.
    ``phase``, ``code``, ``enhanced`` and ``text`` say which answers, "" means any; ``outcome``,
    ``about``, ``quota`` and ``suppress`` say what they mean.
    """

    __tablename__ = "reply_rule"
    __table_args__ = (Index("ix_reply_rule_order", "workspace_id", "position", "id"),)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    name: Mapped[str]
    position: Mapped[int]
    enabled: Mapped[bool] = mapped_column(default=True)
    preset: Mapped[str] = mapped_column(default="")
    relay_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("relay.id", ondelete="CASCADE"), index=True
    )
    phase: Mapped[str] = mapped_column(default="")
    code: Mapped[str] = mapped_column(default="")
    enhanced: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(Text, default="")
    outcome: Mapped[str]
    about: Mapped[str] = mapped_column(default="")
    quota: Mapped[bool] = mapped_column(default=False)
    suppress: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class UnknownReply(Identified, Base):
    """Words that no rule knows, counted: alike but for numbers and ids is one ``kind``.

    ``example`` is what was heard first. Neither holds an address.
    """

    __tablename__ = "unknown_reply"
    __table_args__ = (
        UniqueConstraint("workspace_id", "relay_id", "phase", "code", "kind"),
        Index("ix_unknown_reply_seen", "workspace_id", "last_seen", "id"),
    )
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    relay_id: Mapped[UUID] = mapped_column(ForeignKey("relay.id", ondelete="CASCADE"), index=True)
    phase: Mapped[str]
    code: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    example: Mapped[str] = mapped_column(Text)
    count: Mapped[int]
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
