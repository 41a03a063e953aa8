"""Sender: a process that sends."""

from datetime import datetime

from sqlalchemy.orm import Mapped

from app.db import Base, Identified


class Sender(Identified, Base):
    """A process that sends, alive as long as it keeps its lease."""

    __tablename__ = "sender"
    host: Mapped[str]
    boot_id: Mapped[str]
    started_at: Mapped[datetime]
    lease_until: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
