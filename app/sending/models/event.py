"""Event: what was heard of a message after its relay's reply."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.sending.models.numbers import Number


class Event(Base):
    """A message was delivered, bounced or complained about; each is told once per delivery.

    ``hard``: of a bounce, that the address is never written to again. ``relay_id``: the relay
    that carried the message; ``words``: why, as whoever told it said.
    """

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("delivery_id", "kind", "hard"),
        Index("ix_event_relay", "relay_id", "heard_at"),
        Index("ix_event_dispatch", "dispatch_id", "kind"),
    )
    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    dispatch_id: Mapped[UUID] = mapped_column(ForeignKey("dispatch.id"))
    delivery_id: Mapped[int] = mapped_column(Number, ForeignKey("delivery.id"))
    relay_id: Mapped[UUID | None]
    kind: Mapped[str]
    hard: Mapped[bool]
    words: Mapped[str] = mapped_column(Text, default="")
    heard_at: Mapped[datetime]
