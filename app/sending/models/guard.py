"""Guard: what is known of the figures of a dispatch, a relay or a stream."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class Guard(Base):
    """``kind``: campaign (a dispatch), relay or stream; ``about``: its id or name. ``level``:
    fine, warn or pause. ``counted_from``: the figures at the moment a person let it go on, which
    are not counted again; ``day``: the day to which those of a relay or stream belong.
    """

    __tablename__ = "guard"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    about: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[str] = mapped_column(default="fine")
    why: Mapped[str] = mapped_column(Text, default="")
    since: Mapped[datetime]
    counted_from: Mapped[dict[str, Any]] = mapped_column(default=dict)
    day: Mapped[str] = mapped_column(default="")
