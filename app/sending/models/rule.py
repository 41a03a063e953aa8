"""Routing rule: which mails go to which relay first."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified, Json


class RoutingRule(Identified, Base):
    """Asked in the order of ``position``. ``groups`` is ``[[{"field", "operator", "value"}]]``:
    all of an inner list must hold, and one inner list is enough.
    """

    __tablename__ = "routing_rule"
    __table_args__ = (Index("ix_routing_rule_order", "workspace_id", "position", "id"),)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    name: Mapped[str]
    position: Mapped[int]
    relay_id: Mapped[UUID] = mapped_column(ForeignKey("relay.id"), index=True)
    enabled: Mapped[bool] = mapped_column(default=True)
    groups: Mapped[list[list[dict[str, Any]]]] = mapped_column(Json)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
