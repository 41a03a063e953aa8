"""Valve: whether anything may be sent from this database at all."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class Valve(Base):
    """One row, made by the first sender: it is closed when the database may be an older copy.

    ``ledger_id`` tells this ledger from others; ``generation`` counts how often a person opened
    the valve. ``system``, ``database``, ``timeline`` and ``replicated`` are the place at which a
    PostgreSQL database was last sent from, "" where that is not known.
    """

    __tablename__ = "valve"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ledger_id: Mapped[UUID]
    generation: Mapped[int] = mapped_column(default=0)
    system: Mapped[str] = mapped_column(default="")
    database: Mapped[str] = mapped_column(default="")
    timeline: Mapped[str] = mapped_column(default="")
    replicated: Mapped[bool] = mapped_column(default=False)
    closed_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(Text, default="")
    opened_at: Mapped[datetime | None]
    opened_by: Mapped[str] = mapped_column(Text, default="")
