"""What was asked once and must not be done twice."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified


class AskedOnce(Identified, Base):
    """A request with an ``Idempotency-Key``: what was asked (its ``fingerprint``) and the ids of
    the ``messages`` that came of it.
    """

    __tablename__ = "asked_once"
    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        Index("ix_asked_once_created_at", "created_at"),
    )
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    key: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str]
    messages: Mapped[list[str]] = mapped_column(default=list)
    created_at: Mapped[datetime]
