"""Destination: what one relay holds back from one mail service of recipients."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Json


class Destination(Base):
    """A destination that complained about a relay (``rules.destinations``).

    ``streak`` counts complaints since the last mail that was taken there, ``complaints`` all of
    them. ``held_until``: when nothing will be held back any more. ``tat`` and ``turn`` are epoch
    seconds. ``blocked_at``: when it last blocked the relay for its reputation, None: it takes mail.
    """

    __tablename__ = "destination"
    relay_id: Mapped[UUID] = mapped_column(
        ForeignKey("relay.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(primary_key=True)
    pause_until: Mapped[datetime]
    pace: Mapped[dict[str, Any]] = mapped_column(Json)
    held_until: Mapped[datetime]
    tat: Mapped[float] = mapped_column(default=0.0)
    turn: Mapped[float] = mapped_column(default=0.0)
    streak: Mapped[int] = mapped_column(default=0)
    complaints: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime]
    blocked_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(Text, default="")
