"""A stream that is paused."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class StreamPause(Base):
    """Nothing of this stream begins in the workspace while the row is there. Whoever writes or
    removes it locks the workspace's row first.
    """

    __tablename__ = "stream_pause"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"), primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    since: Mapped[datetime]
