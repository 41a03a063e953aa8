"""Notification mailbox: where the mails arrive in which a site's forms tell what was sent."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified, Json


class NotificationMailbox(Identified, Base):
    """An IMAP folder with a connection of its own, which reads it.

    ``secret``: the encrypted password. ``senders``, ``recipients``, ``subject``, ``authentication``
    and ``server``: whose mails count (``app.rules.notifications.Door``). ``since``: the day
    (2026-11-22) before which mails are left alone, "" for none.
    """

    __tablename__ = "notification_mailbox"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"), index=True)
    connection_id: Mapped[UUID] = mapped_column(
        ForeignKey("connection.id", ondelete="CASCADE"), unique=True
    )
    host: Mapped[str]
    port: Mapped[int]
    encryption: Mapped[str]
    username: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(Text)
    folder: Mapped[str] = mapped_column(Text)
    senders: Mapped[list[str]] = mapped_column(Json)
    recipients: Mapped[list[str]] = mapped_column(Json)
    subject: Mapped[str] = mapped_column(Text)
    authentication: Mapped[str]
    server: Mapped[str] = mapped_column(Text)
    since: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
