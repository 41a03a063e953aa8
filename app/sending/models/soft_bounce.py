"""Soft bounce: a mail that came back though its address may still be good."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.sending.models.numbers import Number


class SoftBounce(Base):
    """Kept until the address is given up for it. ``kind``: one of ``rules.soft_bounces.ENOUGH``."""

    __tablename__ = "soft_bounce"
    __table_args__ = (Index("ix_soft_bounce_address", "workspace_id", "address"),)
    delivery_id: Mapped[int] = mapped_column(
        Number, ForeignKey("delivery.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    address: Mapped[str] = mapped_column(Text)
    kind: Mapped[str]
    heard_at: Mapped[datetime]
