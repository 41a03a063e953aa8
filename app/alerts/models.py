"""Alert, the notices that tell of it, and who wants to hear."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified

_OPEN = "closed_at IS NULL"
_NEWS = "news <> ''"
_WAITING = "state = 'waiting'"


class Alert(Identified, Base):
    """Something that a person should know, from when it began until it was over.

    At most one of a ``kind`` is open ``about`` the same thing (an id, or "" for the workspace).
    ``times``: how often it was found. ``news``: what is still to be told: ``raised``, ``over``,
    "" nothing; ``told`` means that its beginning was told. ``told_at``: when.
    """

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "uq_alert_open",
            "workspace_id",
            "kind",
            "about",
            unique=True,
            sqlite_where=text(_OPEN),
            postgresql_where=text(_OPEN),
        ),
        Index("ix_alert_workspace", "workspace_id", "id"),
        Index("ix_alert_same", "workspace_id", "kind", "about", "told_at"),
        Index("ix_alert_news", "news", sqlite_where=text(_NEWS), postgresql_where=text(_NEWS)),
    )
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    kind: Mapped[str]
    about: Mapped[str]
    sentence: Mapped[str] = mapped_column(Text)
    raised_at: Mapped[datetime]
    last_at: Mapped[datetime]
    times: Mapped[int] = mapped_column(default=1)
    closed_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None]
    news: Mapped[str] = mapped_column(default="raised")
    told_at: Mapped[datetime | None]


class AlertEndpoint(Identified, Base):
    """An address of somebody's program that is told of alerts; no ``kinds``: of all.

    ``secret`` is closed by the vault. ``last_words``: what it answered last, or why it could not
    be reached.
    """

    __tablename__ = "alert_endpoint"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"), index=True)
    url: Mapped[str] = mapped_column(Text)
    kinds: Mapped[list[str]] = mapped_column(default=list)
    secret: Mapped[str] = mapped_column(Text)
    enabled: Mapped[bool] = mapped_column(default=True)
    last_words: Mapped[str] = mapped_column(Text, default="")
    last_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class AlertWishes(Base):
    """What a workspace wants to hear of, and when a queue is a backlog. No row: the defaults."""

    __tablename__ = "alert_wishes"
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"), primary_key=True)
    backlog_minutes: Mapped[int]
    mail_kinds: Mapped[list[str]]


class AlertNotice(Identified, Base):
    """One message about an alert to one receiver: an endpoint, or an address.

    ``event``: raised or over. ``state``: waiting, sent, failed. ``body``: the JSON that is told,
    the same at every try. ``due_at`` is moved on by whoever tries it, so that nobody else does.
    """

    __tablename__ = "alert_notice"
    __table_args__ = (
        Index(
            "ix_alert_notice_due",
            "due_at",
            sqlite_where=text(_WAITING),
            postgresql_where=text(_WAITING),
        ),
    )
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspace.id"))
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alert.id"), index=True)
    endpoint_id: Mapped[UUID | None] = mapped_column(ForeignKey("alert_endpoint.id"), index=True)
    email: Mapped[str] = mapped_column(Text, default="")
    event: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(default="waiting")
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    words: Mapped[str] = mapped_column(Text, default="")
    relay_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
