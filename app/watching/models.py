"""Figures of the ledger, and how far it was counted."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Json
from app.sending.models.numbers import Number


class Stretch(Base):
    """A run of the numbers of attempts that is counted together, and again until it is settled.

    ``highest``: the last attempt that was seen in it. ``version`` grows with every count.
    ``look_again_at`` NULL: nothing in it changes any more, unless new attempts come. Two rows
    are no stretches: FOLDED stands for all that are settled, hour by hour, and is the lock of
    counting; ALL for the same in one sum.
    """

    __tablename__ = "ledger_stretch"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    highest: Mapped[int] = mapped_column(Number, default=0)
    version: Mapped[int] = mapped_column(default=0)
    settled: Mapped[bool] = mapped_column(default=False)
    look_again_at: Mapped[datetime | None]


#: The numbers under which settled stretches are added up: by hour, and in all (hour 0).
FOLDED, ALL = -1, -2


class RelayFigures(Base):
    """What a relay answered in one hour, as far as one stretch (FOLDED, ALL) knows it.

    ``hour``: hours since 1970 in UTC. The times are ``{"milliseconds": how many}``.
    """

    __tablename__ = "relay_figures"
    __table_args__ = (Index("ix_relay_figures_hour", "relay_id", "hour"),)
    stretch: Mapped[int] = mapped_column(ForeignKey("ledger_stretch.number"), primary_key=True)
    relay_id: Mapped[UUID] = mapped_column(primary_key=True)
    hour: Mapped[int] = mapped_column(primary_key=True)
    counts: Mapped[dict[str, Any]] = mapped_column(Json)
    reply_times: Mapped[dict[str, Any]] = mapped_column(Json)
    queue_times: Mapped[dict[str, Any]] = mapped_column(Json)
