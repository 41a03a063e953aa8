"""Campaign."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified, Json

PROMISES = ("never_twice", "at_least_once")
STATUSES = ("draft", "scheduled", "sending", "paused", "sent", "cancelled")


class Campaign(Identified, Base):
    """A message to an audience. ``created_by`` is its sending user, ``mail_type`` what it is.

    ``audience`` is ``{"all": true}`` or ``{"include": {"lists": [id], "tags": [id]},
    "exclude": {...}}``. ``overridden`` names the sender fields (from_email, from_name,
    reply_to_email, reply_to_name) that were set by hand, so that changing the pin leaves them.
    ``send_strategy`` is ``pinned`` or ``rotate``; then ``pool`` is ``[{"relay_id": id, "weight":
    n}]``, else it is empty. ``promise``: one of PROMISES, what is done with a mail of which
    nobody knows whether it went. ``spread``: see ``rules.spread``; ``sending_window``: see
    ``rules.windows``; ``canary``: see ``rules.canary``; None: to everybody at once, at any time.
    ``not_later_than``: what is not sent by then waits for a person.
    """

    __tablename__ = "campaign"
    __table_args__ = (Index("ix_campaign_workspace", "workspace_id", "id"),)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    created_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str]
    mail_type: Mapped[str] = mapped_column(default="newsletter")
    stream: Mapped[str] = mapped_column(default="marketing")
    subject: Mapped[str] = mapped_column(Text, default="")
    preheader: Mapped[str] = mapped_column(Text, default="")
    html: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text, default="")
    relay_id: Mapped[UUID | None]
    send_strategy: Mapped[str] = mapped_column(default="pinned")
    pool: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    from_email: Mapped[str] = mapped_column(Text, default="")
    from_name: Mapped[str] = mapped_column(Text, default="")
    reply_to_email: Mapped[str] = mapped_column(Text, default="")
    reply_to_name: Mapped[str] = mapped_column(Text, default="")
    overridden: Mapped[list[str]] = mapped_column(default=list)
    audience: Mapped[dict[str, Any]] = mapped_column(default=dict)
    spread: Mapped[dict[str, Any] | None]
    sending_window: Mapped[dict[str, Any] | None]
    canary: Mapped[dict[str, Any] | None]
    promise: Mapped[str] = mapped_column(default="never_twice")
    status: Mapped[str] = mapped_column(default="draft")
    status_reason: Mapped[str] = mapped_column(Text, default="")
    send_at: Mapped[datetime | None]
    not_later_than: Mapped[datetime | None]
    launched_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    dispatch_id: Mapped[UUID | None] = mapped_column(ForeignKey("dispatch.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
